using Kvasir.Engine.Loading;
using Kvasir.Engine.Tests.Support;
using Kvasir.Engine.Verification;
using Kvasir.Numerics;

namespace Kvasir.Engine.Tests;

public sealed class FixtureTests
{
    public static TheoryData<InstructionSet> Paths => [.. InstructionSets.Supported];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Fixture_GivesTheReferenceLogits(InstructionSet path)
    {
        var folder = TestModel.Fixture("llama_rope3");
        var result = FixtureVerification.Run(folder, new EngineOptions { InstructionSet = path, Threads = 2 });
        Assert.True(result.Pass, $"max difference {result.MaxAbsDiff} in a range of {result.LogitRange}");
        Assert.True(result.LogitRange > 1, "the reference logits are all alike");
    }

    [Fact]
    public void EveryPathAndChunkSize_GivesTheSameBits()
    {
        var tokens = TinyModel.Tokens(150, 3);
        byte[]? expected = null;
        foreach (var path in InstructionSets.Supported)
        {
            foreach (var (chunk, threads) in new[] { (1, 1), (7, 3), (64, 2), (150, 4) })
            {
                using var model = LoadedModel.Open(TinyModel.Llama, new EngineOptions { InstructionSet = path, Threads = threads });
                using var run = new ColdRun(model, tokens.Length, chunk);
                var bits = new MemoryStream();
                run.Extend(tokens, (_, logits) => bits.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(logits)));
                expected ??= bits.ToArray();
                Assert.True(expected.AsSpan().SequenceEqual(bits.ToArray()), $"{path}, chunks of {chunk}, {threads} threads");
            }
        }
    }
}

using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Tests.Support;

namespace Kvasir.Engine.Tests.Reuse;

public sealed class BatchIndependenceTests
{
    [Fact]
    public async Task SeededAnswer_DoesNotDependOnWhatElseRuns()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { MaxBatchTokens = 48, PrefixCache = false });
        var alone = await Complete(engine.Submit(Request(0)));
        var crowd = Enumerable.Range(0, 12).Select(i => engine.Submit(Request(i))).ToArray();
        var beside = await Complete(crowd[0]);
        foreach (var generation in crowd[1..])
            await Complete(generation);
        Assert.Equal(alone.Tokens, beside.Tokens);
        Assert.Equal(alone.Receipt!.LogitDigests, beside.Receipt!.LogitDigests);
    }

    private static GenerationRequest Request(int i) => new()
    {
        Prompt = TinyModel.Tokens(20 + (13 * i % 90), i),
        MaxTokens = 25,
        IgnoreStopTokens = true,
        Sampling = new SamplingOptions { Temperature = 1.2f, TopK = 40, Seed = 99 },
        WantReceipt = true,
    };

    private static async Task<Answer> Complete(Generation generation)
    {
        using (generation)
            return (await generation.CompleteAsync())[0];
    }
}

using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Compression;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Compression;

/// <summary>Rows that are packed as they age (KIVI), with the bundled model.</summary>
public sealed class PackingTests
{
    private const int Prompt = 150;
    private const int Answer = 70;

    public static TheoryData<int, int?> Cases => new() { { 4, null }, { 2, null }, { 4, 100 } };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Answers_DoNotDependOnChunksNeighboursOrPreemption(int bits, int? point)
    {
        var ask = Ask(bits) with { Point = point };
        var expected = Run(ask, chunk: 256);
        Assert.NotEqual(Run(null, chunk: 256).Logits, expected.Logits);
        Assert.Equal(expected.Logits, Run(ask, chunk: 37).Logits);
        Assert.Equal(expected.Logits, Run(ask, chunk: 64, neighbours: 2).Logits);
        Assert.Equal(expected.Logits, Run(ask, chunk: 64, preemptAfter: 50).Logits);
    }

    [Fact]
    public void Neighbours_KeepTheBitsThatTheyHaveAlone()
    {
        var alone = Run(null, chunk: 64, seed: 90);
        Assert.Equal(alone.Logits, Run(Ask(2), chunk: 64, neighbours: 1).NeighbourLogits);
    }

    [Fact]
    public void AWindowThatHoldsEverything_GivesTheBitsOfTheWholeCache() =>
        Assert.Equal(Run(null, chunk: 64).Logits, Run(Ask(2, window: 1000), chunk: 64).Logits);

    [Theory]
    [InlineData(4, 96)]
    [InlineData(2, 96)]
    public void Bytes_AreThoseOfTheForm(int bits, int packed)
    {
        var statistics = Run(Ask(bits), chunk: 256).Statistics;
        using var run = new LoopRun(Options(64), blocks: 4, Model);
        var layout = run.Model.Layout;
        var groups = (double)packed / 32 * new PackedForm(bits, layout.HeadDim).GroupBytes * layout.Layers * layout.KvHeads;
        Assert.Equal(groups + ((Prompt - packed) * layout.BytesPerToken), statistics.RowBytes, 1e-6);
        Assert.Equal(Prompt, statistics.KeptRows);
        Assert.InRange(statistics.Bytes, statistics.RowBytes, statistics.FullBytes - 1);
    }

    [Fact]
    public void WhatCannotBePacked_IsRefusedWithASentence()
    {
        using var narrow = KvasirEngine.Load(TinyModel.Llama);
        var request = new GenerationRequest { Prompt = TinyModel.Tokens(20, 1), MaxTokens = 1, Compression = Ask(4) };
        Assert.Contains("dimensions", Assert.Throws<ArgumentException>(() => narrow.Submit(request)).Message, StringComparison.Ordinal);
        using var quantised = KvasirEngine.Load(Model, new EngineOptions { KvType = KvDataType.Q4_0, MaxContext = 256 });
        Assert.Contains("quantised already", Assert.Throws<ArgumentException>(() => quantised.Submit(request)).Message, StringComparison.Ordinal);
        using var small = KvasirEngine.Load(Model, new EngineOptions { MaxBatchTokens = 8, MaxContext = 256 });
        var window = request with { Prompt = TinyModel.Tokens(100, 1), Compression = new KvCompression { Policy = CompressionPolicies.Create("snapkv"), Rows = 50 } };
        Assert.Contains("a step has 8", Assert.Throws<ArgumentException>(() => small.Submit(window)).Message, StringComparison.Ordinal);
        Assert.Contains("takes no budget", Assert.Throws<FormatException>(() => KvCompression.Parse("kivi4:0.5")).Message, StringComparison.Ordinal);
    }

    private static string Model => Path.GetFullPath(TestModel.Fixture("..", "..", "models", "kvasir-mini.gguf"));

    private static KvCompression Ask(int bits, int window = 32) => new() { Policy = new KiviPolicy(bits, window) };

    private static EngineOptions Options(int chunk) => new() { MaxBatchTokens = chunk, MaxSequences = 4, Threads = 2, MaxContext = 512 };

    private static Result Run(KvCompression? compression, int chunk, int neighbours = 0, int preemptAfter = 0, int seed = 7)
    {
        using var run = new LoopRun(Options(chunk), blocks: 64, Model);
        var watched = WatchedRun.Run(run, Prompt, Answer, plain => plain with { Compression = compression }, neighbours, preemptAfter, seed);
        return new Result(watched.Logits, watched.NeighbourLogits, watched.Sequence.CompressionReport!);
    }

    private sealed record Result(float[] Logits, float[] NeighbourLogits, CompressionStatistics Statistics);
}

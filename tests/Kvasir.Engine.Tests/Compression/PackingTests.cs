using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Compression;

/// <summary>Rows that are packed as they age (KIVI, Palu), with the bundled model.</summary>
public sealed class PackingTests(RankProfileFixture profile) : IClassFixture<RankProfileFixture>
{
    private const int Prompt = 150;
    private const int Answer = 70;

    public static TheoryData<string, int?> Cases => new() { { "kivi4", null }, { "kivi2", null }, { "kivi4", 100 }, { "palu", null }, { "palu", 100 }, { "palu8", null }, { "palu4", 100 } };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Answers_DoNotDependOnChunksNeighboursOrPreemption(string policy, int? point)
    {
        var ask = Ask(policy) with { Point = point };
        var expected = Run(ask, chunk: 256);
        Assert.NotEqual(Run(null, chunk: 256).Logits, expected.Logits);
        Assert.Equal(expected.Logits, Run(ask, chunk: 37).Logits);
        Assert.Equal(expected.Logits, Run(ask, chunk: 64, neighbours: 2).Logits);
        Assert.Equal(expected.Logits, Run(ask, chunk: 64, preemptAfter: 50).Logits);
    }

    [Theory]
    [InlineData("kivi2")]
    [InlineData("palu")]
    public void Neighbours_KeepTheBitsThatTheyHaveAlone(string policy)
    {
        var alone = Run(null, chunk: 64, seed: 90);
        Assert.Equal(alone.Logits, Run(Ask(policy), chunk: 64, neighbours: 1).NeighbourLogits);
    }

    [Theory]
    [InlineData("kivi2")]
    [InlineData("palu")]
    public void AWindowThatHoldsEverything_GivesTheBitsOfTheWholeCache(string policy) =>
        Assert.Equal(Run(null, chunk: 64).Logits, Run(Ask(policy, window: 1000), chunk: 64).Logits);

    [Fact]
    public void AllDirections_AreTheWholeCache_ButForRounding_AndFewerAreNot()
    {
        var whole = Run(null, chunk: 64).Logits;
        var rounding = Distance(Run(null, chunk: 64, type: KvDataType.F32));
        Assert.InRange(Projected(1), 1e-7, 2 * rounding);
        Assert.True(Projected(0.75) > 2 * Projected(1));
        Assert.True(Projected(0.25) > 2 * Projected(0.75));

        double Projected(double share) => Distance(Run(Ask("palu") with { Share = share }, chunk: 64));

        double Distance(Result other) => Math.Sqrt(other.Logits.Zip(whole, (one, exact) => Math.Pow(one - exact, 2)).Average());
    }

    [Theory]
    [InlineData("palu", 0.5)]
    [InlineData("palu4", 0.25)]
    public void LatentBytes_AreTheShare_AndThePoolHoldsNoMore(string policy, double share)
    {
        var statistics = Run(Ask(policy) with { Share = share }, chunk: 256).Statistics;
        using var run = new LoopRun(Options(64), blocks: 4, Model);
        var expected = ((96 * share) + (Prompt - 96)) * run.Model.Layout.BytesPerToken;
        Assert.InRange(statistics.RowBytes, expected * 0.98, expected);
        Assert.InRange(statistics.Bytes, statistics.RowBytes, statistics.FullBytes - 1);
    }

    [Theory]
    [InlineData(4, 96)]
    [InlineData(2, 96)]
    public void Bytes_AreThoseOfTheForm(int bits, int packed)
    {
        var statistics = Run(Ask($"kivi{bits}"), chunk: 256).Statistics;
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
        var request = new GenerationRequest { Prompt = TinyModel.Tokens(20, 1), MaxTokens = 1, Compression = Ask("kivi4") };
        Assert.Contains("dimensions", Assert.Throws<ArgumentException>(() => narrow.Submit(request)).Message, StringComparison.Ordinal);
        using var quantised = KvasirEngine.Load(Model, new EngineOptions { KvType = KvDataType.Q4_0, MaxContext = 256 });
        Assert.Contains("quantised already", Assert.Throws<ArgumentException>(() => quantised.Submit(request)).Message, StringComparison.Ordinal);
        using var small = KvasirEngine.Load(Model, new EngineOptions { MaxBatchTokens = 8, MaxContext = 256 });
        var window = request with { Prompt = TinyModel.Tokens(100, 1), Compression = new KvCompression { Policy = CompressionPolicies.Create("snapkv"), Rows = 50 } };
        Assert.Contains("a step has 8", Assert.Throws<ArgumentException>(() => small.Submit(window)).Message, StringComparison.Ordinal);
        Assert.Contains("layers with", Assert.Throws<ArgumentException>(() => narrow.Submit(request with { Compression = Ask("palu") })).Message, StringComparison.Ordinal);
        Assert.Contains("quantised already", Assert.Throws<ArgumentException>(() => quantised.Submit(request with { Compression = Ask("palu") })).Message, StringComparison.Ordinal);
        Assert.Contains("share of their bytes", Assert.Throws<ArgumentException>(() => small.Submit(request with { Compression = Ask("palu") with { Rows = 20 } })).Message, StringComparison.Ordinal);
        Assert.Contains("kv profile-ranks", Assert.Throws<FormatException>(() => KvCompression.Parse("palu:0.5")).Message, StringComparison.Ordinal);
        Assert.Contains("write palu:0.5", Assert.Throws<FormatException>(() => KvCompression.Parse("palu:256", new ModelProfiles(null, profile.Ranks))).Message, StringComparison.Ordinal);
        Assert.Contains("takes no budget", Assert.Throws<FormatException>(() => KvCompression.Parse("kivi4:0.5")).Message, StringComparison.Ordinal);
    }

    private static string Model => RankProfileFixture.Model;

    private KvCompression Ask(string policy, int window = 32) => new()
    {
        Policy = policy.StartsWith("kivi", StringComparison.Ordinal) ? new KiviPolicy(policy[^1] - '0', window) : new PaluPolicy(profile.Ranks, policy == "palu" ? 16 : policy[^1] - '0', window),
        Share = policy == "palu4" ? 0.2 : 0.5,
    };

    private static EngineOptions Options(int chunk) => new() { MaxBatchTokens = chunk, MaxSequences = 4, Threads = 2, MaxContext = 512 };

    private static Result Run(KvCompression? compression, int chunk, int neighbours = 0, int preemptAfter = 0, int seed = 7, KvDataType type = KvDataType.F16)
    {
        using var run = new LoopRun(Options(chunk) with { KvType = type }, blocks: 64, Model);
        var watched = WatchedRun.Run(run, Prompt, Answer, plain => plain with { Compression = compression }, neighbours, preemptAfter, seed);
        return new Result(watched.Logits, watched.NeighbourLogits, watched.Sequence.CompressionReport!);
    }

    private sealed record Result(float[] Logits, float[] NeighbourLogits, CompressionStatistics Statistics);
}

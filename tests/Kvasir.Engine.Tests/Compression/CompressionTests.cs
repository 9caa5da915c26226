using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.KvCache.Tables;

namespace Kvasir.Engine.Tests.Compression;

public sealed class CompressionTests
{
    private const int Prompt = 120;
    private const int Answer = 40;

    public static TheoryData<string> Policies => [.. CompressionPolicies.Names.Where(name => CompressionPolicies.ProfileOf(name) is ProfileKind.None or ProfileKind.Heads && !CompressionPolicies.KeepsAllRows(name))];

    [Theory]
    [MemberData(nameof(Policies))]
    public void BudgetThatHoldsEverything_GivesTheBitsOfTheWholeCache(string policy)
    {
        var plain = Run(null, chunk: 64);
        var compressed = Run(Ask(policy, rows: Prompt + Answer + 8), chunk: 64);
        Assert.Equal(plain.Logits, compressed.Logits);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Decisions_DoNotDependOnChunksNeighboursOrPreemption(string policy)
    {
        var ask = Ask(policy, rows: 24);
        var expected = Run(ask, chunk: 128);
        Assert.NotEqual(Run(null, chunk: 128).Logits, expected.Logits);
        foreach (var chunk in new[] { 33, 50, 77 })
            Assert.Equal(expected.Logits, Run(ask, chunk).Logits);
        Assert.Equal(expected.Logits, Run(ask, chunk: 128, neighbours: 3).Logits);
        Assert.Equal(expected.Logits, Run(ask, chunk: 128, preemptAfter: 12).Logits);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Neighbours_KeepTheBitsThatTheyHaveAlone(string policy)
    {
        var alone = Run(null, chunk: 64, seed: 90);
        var beside = Run(Ask(policy, rows: 24), chunk: 64, neighbours: 1);
        Assert.Equal(alone.Logits, beside.NeighbourLogits);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void RowsAfterThePrompt_AreWithinTheBudget(string policy)
    {
        if (policy.StartsWith("lazy", StringComparison.Ordinal))
            return; // drops nothing with the prompt
        var result = Run(Ask(policy, rows: 36), chunk: 64);
        var heads = policy.StartsWith("razor", StringComparison.Ordinal) ? 2 * Prompt / 6 : 0; // two heads of six keep everything
        Assert.InRange(result.Statistics.KeptRows, 30, Math.Max(36, heads + 10) + 1.01);
        Assert.InRange(result.Statistics.Bytes, 1, result.Statistics.FullBytes - 1);
        if (result.Statistics.MassKept is { } mass)
            Assert.InRange(mass, 0.05, 1);
    }

    [Theory]
    [InlineData("cake")]
    [InlineData("snapkv")]
    [InlineData("h2o")]
    public void Cascade_KeepsWhatOneSelectionAtTheEndKeeps_WithLessMemory(string policy)
    {
        var late = Run(Ask(policy, rows: 16), chunk: 256);
        var cascade = Run(Ask(policy, rows: 16) with { Cascade = true }, chunk: 256);
        for (var layer = 0; layer < late.Statistics.LayerRows.Count; layer++)
            Assert.InRange(Math.Abs(late.Statistics.LayerRows[layer] - cascade.Statistics.LayerRows[layer]), 0, 1);
        if (policy != "cake")
            Assert.Equal(late.Logits, cascade.Logits);
        Assert.True(cascade.Statistics.PeakBlocks < late.Statistics.PeakBlocks, $"{cascade.Statistics.PeakBlocks} blocks against {late.Statistics.PeakBlocks}");
    }

    [Theory]
    [InlineData("streamingllm")]
    [InlineData("tova")]
    [InlineData("h2o")]
    [InlineData("cake")]
    public void RowsOfALongAnswer_StayAtTheBudget(string policy)
    {
        var rows = new List<int>();
        Run(Ask(policy, rows: 24), chunk: 64, afterStep: sequence =>
        {
            if (sequence.Table is RaggedTable table)
                rows.Add(Enumerable.Range(0, 3).Sum(layer => Enumerable.Range(0, table.Lanes).Sum(lane => table.Rows(layer, lane))) / (3 * table.Lanes));
        });
        Assert.True(rows.Count >= Answer - 1);
        Assert.All(rows, count => Assert.InRange(count, 23, 25));
    }

    [Theory]
    [InlineData("h2o")]
    [InlineData("elastic")]
    public void PromptsThatAreComputedTogether_KeepTheRowsThatEachKeepsAlone(string policy)
    {
        Assert.Equal([.. Keeps(5), .. Keeps(6)], Keeps(5, 6));

        List<int> Keeps(params int[] seeds)
        {
            using var run = new LoopRun(Options(70), blocks: 64);
            var kept = new SortedDictionary<int, int[]>();
            run.Loop.BeforeRelease = sequence => kept[sequence.Tokens.Length] = [.. ((RaggedTable)sequence.Table!).Positions(1, 0)];
            foreach (var seed in seeds)
                run.Submit(new GenerationRequest { Prompt = TinyModel.Tokens(90 + seed, seed), MaxTokens = 1, Compression = Ask(policy, rows: 24) });
            run.Finish();
            return [.. kept.Values.SelectMany(rows => rows)];
        }
    }

    [Fact]
    public void AnchorsOfTheWholeModel_AreThoseOfACascade()
    {
        var ask = new KvCompression { Policy = new ElasticCachePolicy("shared", new ElasticOptions { Anchors = ElasticOptions.Sharing.Model }), Rows = 24 };
        var late = Run(ask, chunk: 256);
        Assert.Equal(late.Logits, Run(ask with { Cascade = true }, chunk: 256).Logits);
        Assert.Equal(late.Logits, Run(ask, chunk: 37, neighbours: 2).Logits);
        Assert.NotEqual(Run(Ask("elastic", rows: 24), chunk: 256).Logits, late.Logits);
        Assert.Equal(24, late.Statistics.KeptRows);
    }

    [Fact]
    public void ExactRowsOfACompressedPrompt_AreFoundByOthers()
    {
        using var run = new LoopRun(Options(64), blocks: 64);
        var prompt = TinyModel.Tokens(Prompt, 5);
        run.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = 4, Compression = Ask("snapkv", rows: 16) });
        run.Finish();
        var second = run.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = 4 });
        run.Finish();
        Assert.Equal(Prompt - 1, second.ReusedTokens);
        var third = run.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = 4, Compression = Ask("snapkv", rows: 16) });
        run.Finish();
        Assert.Equal(Prompt - 8, third.ReusedTokens); // the window of half the budget is computed
        run.Pool.CheckIntegrity();
    }

    [Fact]
    public void QuestionBehindTheCompressPoint_IsNotSeenByThePolicy()
    {
        var one = Keeps(TinyModel.Tokens(20, 1));
        var other = Keeps(TinyModel.Tokens(20, 2));
        Assert.Equal(one, other);

        static int[] Keeps(int[] question)
        {
            using var run = new LoopRun(Options(64), blocks: 64);
            int[] prompt = [.. TinyModel.Tokens(100, 5), .. question];
            int[]? kept = null;
            run.Loop.BeforeRelease = sequence => kept = [.. ((RaggedTable)sequence.Table!).Positions(1, 0)];
            run.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = 1, Compression = Ask("snapkv", rows: 24) with { Point = 100 } });
            run.Finish();
            return kept!;
        }
    }

    [Fact]
    public void WhatCannotBeCombined_IsRefusedWithASentence()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        var request = new GenerationRequest { Prompt = TinyModel.Tokens(20, 1), MaxTokens = 1, Compression = Ask("snapkv", rows: 4) };
        Assert.Contains("receipt", Refusal(request with { WantReceipt = true }), StringComparison.Ordinal);
        Assert.Contains("Point is 21", Refusal(request with { Compression = request.Compression with { Point = 21 } }), StringComparison.Ordinal);
        Assert.Contains("Share is 0", Refusal(request with { Compression = request.Compression with { Share = 0 } }), StringComparison.Ordinal);

        string Refusal(GenerationRequest refused) => Assert.Throws<ArgumentException>(() => engine.Submit(refused)).Message;
    }

    private static KvCompression Ask(string policy, int rows) => new() { Policy = CompressionPolicies.Create(policy, new ModelProfiles(Profile())), Rows = rows };

    /// <summary>A profile of the tiny model's shape with random heads.</summary>
    private static HeadProfile Profile()
    {
        var random = new Random(3);
        double[][] Scores() => [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, 4).Select(_ => random.NextDouble()).ToArray())];
        return new HeadProfile
        {
            Fingerprint = "",
            KvHeads = 2,
            Echo = Scores(),
            Induction = Scores(),
            Semantic = Scores(),
            Retrieval = Scores(),
            LayerErrors = [0.2, 0.5, 0.3],
            Found = 1,
            Asked = 1,
        };
    }

    private static EngineOptions Options(int chunk) => new() { MaxBatchTokens = chunk, MaxSequences = 4, Threads = 2 };

    private static Result Run(
        KvCompression? compression, int chunk, int neighbours = 0, int preemptAfter = 0, int seed = 7, Action<Sequence>? afterStep = null)
    {
        using var run = new LoopRun(Options(chunk), blocks: 64);
        var watched = WatchedRun.Run(run, Prompt, Answer, plain => plain with { Compression = compression }, neighbours, preemptAfter, seed, afterStep);
        return new Result(watched.Logits, watched.NeighbourLogits, watched.Sequence.CompressionReport!);
    }

    private sealed record Result(float[] Logits, float[] NeighbourLogits, CompressionStatistics Statistics);
}

using Kvasir.Engine.Reading;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Reading;
using Kvasir.KvCache.Virtual;

namespace Kvasir.Engine.Tests.Reading;

public sealed class SparseReadingTests
{
    private const int Prompt = 170;
    private const int Answer = 40;

    public static TheoryData<string> Policies => [.. ReadingPolicies.Names];

    [Theory]
    [MemberData(nameof(Policies))]
    public void BudgetThatHoldsEverything_GivesTheBitsOfDenseReading(string policy)
    {
        var dense = Run(null, chunk: 100);
        Assert.Equal(dense.Logits, Run(Ask(policy, rows: 8 * (Prompt + Answer)), chunk: 100).Logits);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Choices_DoNotDependOnChunksNeighboursOrPreemption(string policy)
    {
        var ask = Ask(policy, rows: 64);
        var expected = Run(ask, chunk: 200);
        Assert.NotEqual(Run(null, chunk: 200).Logits, expected.Logits);
        Assert.InRange(expected.Statistics.ReadShare, 0.05, 0.999);
        foreach (var chunk in new[] { 72, 90, 131 })
            Assert.Equal(expected.Logits, Run(ask, chunk).Logits);
        if (policy is not ("minference" or "infllm")) // which need a chunk in one step
            Assert.Equal(expected.Logits, Run(ask, chunk: 37).Logits);
        Assert.Equal(expected.Logits, Run(ask, chunk: 200, neighbours: 2).Logits);
        Assert.Equal(expected.Logits, Run(ask, chunk: 200, preemptAfter: 12).Logits);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void ContiguousRows_AreReadAsThoseInBlocksAre(string policy)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var ask = Ask(policy, rows: 64);
        Assert.Equal(Run(ask, chunk: 100).Logits, Run(ask, chunk: 100, memory: KvMemory.ContiguousPrivate).Logits);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Neighbours_KeepTheBitsThatTheyHaveAlone(string policy)
    {
        var alone = Run(null, chunk: 100, seed: 90);
        var beside = Run(Ask(policy, rows: 64), chunk: 100, neighbours: 1);
        Assert.Equal(alone.Logits, beside.NeighbourLogits);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void PrefixHit_ChangesNoBit_AndSparseRowsAreFoundBySuchPromptsOnly(string policy)
    {
        var first = TinyModel.Tokens(Prompt, 7);
        int[] second = [.. first, .. TinyModel.Tokens(30, 8)];
        var ask = Ask(policy, rows: 64);
        var (cold, _) = Last(ask, second);
        var (warm, reused) = Last(ask, first, second);
        Assert.Equal(cold, warm);
        Assert.InRange(reused, policy is "minference" or "infllm" ? 128 : policy == "tri-shape" ? 64 : Prompt - 32, Prompt);

        var (exact, _) = Last(null, second);
        using var run = new LoopRun(Options(100), blocks: 128);
        var logits = new List<float[]>();
        run.Loop.Observer = (_, row) => logits.Add(row.ToArray());
        run.Submit(new GenerationRequest { Prompt = first, MaxTokens = 8, Reading = ask });
        run.Finish();
        logits.Clear();
        var plain = run.Submit(new GenerationRequest { Prompt = second, MaxTokens = 8 });
        run.Finish();
        Assert.Equal(exact, logits.SelectMany(row => row));
        Assert.Equal(policy == "quest" ? Prompt / 32 * 32 : 0, plain.ReusedTokens / 32 * 32);
        run.Pool.CheckIntegrity();

        static (float[] Logits, int Reused) Last(SparseReading? reading, params int[][] prompts)
        {
            using var run = new LoopRun(Options(100), blocks: 128);
            var logits = new List<float[]>();
            run.Loop.Observer = (_, row) => logits.Add(row.ToArray());
            var reused = 0;
            foreach (var prompt in prompts)
            {
                logits.Clear();
                reused = run.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = 8, Reading = reading }) is var sequence ? Finish(run, sequence) : 0;
            }

            return ([.. logits.SelectMany(row => row)], reused);
        }

        static int Finish(LoopRun run, Sequence sequence)
        {
            run.Finish();
            return sequence.ReusedTokens;
        }
    }

    [Fact]
    public void WhatFollowsThePoint_IsReadDensely()
    {
        var ask = Ask("a-shape", rows: 64);
        var dense = Run(null, chunk: 100);
        Assert.Equal(dense.Logits, Run(ask with { Point = 1 }, chunk: 100).Logits);
        Assert.NotEqual(dense.Logits, Run(ask with { Point = Prompt - 20 }, chunk: 100).Logits);
    }

    [Theory]
    [InlineData("quest")]
    [InlineData("infllm")]
    public void FurtherAnswers_AreReadAsTheFirstIs(string policy)
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama, Options(100));
        var request = new GenerationRequest { Prompt = TinyModel.Tokens(Prompt, 7), MaxTokens = 24, Choices = 3, IgnoreStopTokens = true, Reading = Ask(policy, rows: 64) };
        using var generation = engine.Submit(request);
        var answers = generation.CompleteAsync(CancellationToken.None).GetAwaiter().GetResult();
        Assert.All(answers, answer => Assert.Equal(answers[0].Tokens, answer.Tokens));
        Assert.All(answers, answer => Assert.InRange(answer.Statistics.Reading!.ReadShare, 0.05, 0.95));
    }

    [Fact]
    public void WhatCannotBeCombined_IsRefusedWithASentence()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { MaxBatchTokens = 128, MaxSequences = 4 });
        var request = new GenerationRequest { Prompt = TinyModel.Tokens(20, 1), MaxTokens = 1, Reading = Ask("quest", rows: 64) };
        Assert.Contains("receipt", Refusal(request with { WantReceipt = true }), StringComparison.Ordinal);
        Assert.Contains("leave one of the two out", Refusal(request with { Compression = new() { Policy = CompressionPolicies.Create("snapkv") } }), StringComparison.Ordinal);
        Assert.Contains("Point is 21", Refusal(request with { Reading = request.Reading with { Point = 21 } }), StringComparison.Ordinal);
        Assert.Contains("Share is 0", Refusal(request with { Reading = request.Reading with { Rows = null, Share = 0 } }), StringComparison.Ordinal);
        Assert.Contains("256 rows in one step", Refusal(request with { Reading = request.Reading with { Policy = ReadingPolicies.Create("minference") } }), StringComparison.Ordinal);

        string Refusal(GenerationRequest refused) => Assert.Throws<ArgumentException>(() => engine.Submit(refused)).Message;
    }

    [Theory]
    [InlineData("quest:1024", "quest", 1024, 0)]
    [InlineData("a-shape:0.5", "a-shape", 0, 0.5)]
    [InlineData("snapkv:0.25", null, 0, 0)]
    public void Choice_ReadsWhatKeepsAndWhatReads(string text, string? reading, int rows, double share)
    {
        var choice = KvChoice.Parse(text, null);
        Assert.Equal(reading, choice.Reading?.Policy.Name);
        Assert.Equal(reading is null, choice.Compression is not null);
        if (rows > 0)
            Assert.Equal(rows, choice.Reading!.Rows);
        if (share > 0)
            Assert.Equal(share, choice.Reading!.Share);
        Assert.Contains("known: streamingllm", Assert.Throws<FormatException>(() => KvChoice.Parse("nothing", null)).Message, StringComparison.Ordinal);
        Assert.Contains("neither a share", Assert.Throws<FormatException>(() => KvChoice.Parse("quest:-2", null)).Message, StringComparison.Ordinal);
    }

    private static SparseReading Ask(string policy, int rows) => new()
    {
        Policy = policy switch // the tiny model's context is 256
        {
            "minference" => new VerticalSlashPolicy(chunkRows: 64),
            "infllm" => new InfLlmPolicy(chunkRows: 64),
            _ => ReadingPolicies.Create(policy),
        },
        Rows = rows,
    };

    private static EngineOptions Options(int chunk) => new() { MaxBatchTokens = chunk, MaxSequences = 4, Threads = 2 };

    private static Result Run(SparseReading? reading, int chunk, int neighbours = 0, int preemptAfter = 0, int seed = 7, KvMemory memory = KvMemory.Paged)
    {
        using var run = new LoopRun(Options(chunk) with { KvMemory = memory }, blocks: 128);
        var watched = WatchedRun.Run(run, Prompt, Answer, plain => plain with { Reading = reading }, neighbours, preemptAfter, seed);
        return new Result(watched.Logits, watched.NeighbourLogits, watched.Sequence.ReadingReport!);
    }

    private sealed record Result(float[] Logits, float[] NeighbourLogits, ReadingStatistics Statistics);
}

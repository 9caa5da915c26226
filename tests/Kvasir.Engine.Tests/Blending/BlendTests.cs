using Kvasir.Engine.Requests;
using Kvasir.KvCache.Blending;
using Kvasir.KvCache.Chunks;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Blending;

public sealed class BlendTests
{
    public static TheoryData<KvDataType, int, BlendSignals> Mixes
    {
        get
        {
            var mixes = new TheoryData<KvDataType, int, BlendSignals>();
            foreach (var type in (KvDataType[])[KvDataType.F32, KvDataType.F16, KvDataType.BF16]) // the model's heads are too narrow for Q8_0
            {
                foreach (var batch in (int[])[13, 64, 256])
                {
                    mixes.Add(type, batch, BlendSignals.None);
                    mixes.Add(type, batch, BlendSignals.Deviation);
                }
            }

            return mixes;
        }
    }

    [Theory]
    [MemberData(nameof(Mixes))]
    public void WithEveryRowRepaired_TheBitsAreThoseOfAFullComputation(KvDataType type, int batch, BlendSignals signals)
    {
        using var run = new BlendRun(type: type, batch: batch);
        run.Warm(1, 2, 3);
        var prompt = BlendRun.Prompt(5, [2, 3, 1]);
        var full = run.Run(BlendRun.Request(prompt, policy: null))[0];
        var blended = run.Run(BlendRun.Request(prompt, new FixedPolicy(1, signals)))[0];
        Assert.Equal(3 * BlendRun.ChunkLength, blended.Sequence.BlendReport!.BlendedTokens);
        Assert.Equal(3 * BlendRun.ChunkLength, blended.Sequence.BlendReport.RepairedTokens);
        Assert.Equal(full.Logits, blended.Logits);
    }

    [Theory]
    [InlineData(13)]
    [InlineData(256)]
    public void WhenTheQuestionIsAskedFirst_AndEveryRowRepaired_TheBitsStay(int batch)
    {
        using var run = new BlendRun(batch: batch);
        run.Warm(1, 2, 3);
        var prompt = BlendRun.Prompt(5, [2, 3, 1]);
        var full = run.Run(BlendRun.Request(prompt, policy: null))[0];
        var policy = new FixedPolicy(1, BlendSignals.QuestionColumns);
        var blended = run.Run(BlendRun.Request(prompt, policy))[0];
        Assert.Equal(full.Logits, blended.Logits);
        Assert.All(policy.Mass, mass => Assert.True(mass > 0));
        var rest = prompt.Tokens.Length - (3 * BlendRun.ChunkLength);
        Assert.Equal((long)rest * run.Loop.Model.Config.Layers, blended.Sequence.BlendReport!.ProbeTokenLayers);
    }

    [Fact]
    public void WithNoRowRepaired_OnlyTheRestIsComputed_AndTheAnswerIsAnApproximation()
    {
        using var run = new BlendRun();
        run.Warm(1, 2, 3);
        var prompt = BlendRun.Prompt(5, [2, 3, 1]);
        var full = run.Run(BlendRun.Request(prompt, policy: null))[0];
        var blended = run.Run(BlendRun.Request(prompt, new FixedPolicy(0)))[0];
        var rest = prompt.Tokens.Length - (3 * BlendRun.ChunkLength);
        Assert.Equal((long)rest * run.Loop.Model.Config.Layers, blended.Sequence.BlendReport!.PromptTokenLayers);
        Assert.InRange(BlendRun.Difference(full.Logits[0], blended.Logits[0]), 1e-4f, 10f);
    }

    [Fact]
    public void WithUnchangedContext_NothingIsRepaired_AndTheLogitsStay()
    {
        using var run = new BlendRun();
        var prompt = BlendRun.Prompt(5, [1, 2, 3]);
        var full = run.Run(BlendRun.Request(prompt, new FixedPolicy(0)))[0];
        var again = run.Run(BlendRun.Request(prompt, new FixedPolicy(0)))[0];
        Assert.Equal(3 * BlendRun.ChunkLength, again.Sequence.BlendReport!.BlendedTokens);
        Assert.InRange(BlendRun.Difference(full.Logits[0], again.Logits[0]), 0, 1e-3f);
    }

    [Fact]
    public void MoreRepair_BringsTheLogitsNearer()
    {
        using var run = new BlendRun();
        run.Warm(1, 2, 3, 4);
        var prompt = BlendRun.Prompt(5, [2, 3, 1, 4]);
        var full = run.Run(BlendRun.Request(prompt, policy: null))[0].Logits[0];
        var none = run.Run(BlendRun.Request(prompt, new FixedPolicy(0)))[0].Logits[0];
        var half = run.Run(BlendRun.Request(prompt, new FixedPolicy(2)))[0].Logits[0];
        Assert.True(BlendRun.Difference(full, half) < BlendRun.Difference(full, none));
    }

    [Fact]
    public void TheExactPrefixComesFirst_AndStaysExact()
    {
        using var run = new BlendRun();
        var prompt = BlendRun.Prompt(37, [1, 2]);
        run.Run(BlendRun.Request(prompt, new FixedPolicy(0), prefix: true));
        var other = BlendRun.Prompt(37, [2, 1]);
        var full = run.Run(BlendRun.Request(other, policy: null))[0];
        var blended = run.Run(BlendRun.Request(other, new FixedPolicy(1), prefix: true))[0];
        Assert.Equal(Plans.Shared(32), blended.Sequence.FirstSpans![0]);
        Assert.Equal(full.Logits, blended.Logits);
    }

    [Fact]
    public void DeviationsAreThoseOfTheTrueRows()
    {
        // In the same place behind the same prefix a reused row is the true one; behind another it is not.
        using var run = new BlendRun();
        var prompt = BlendRun.Prompt(5, [1, 2]);
        run.Run(BlendRun.Request(prompt, new FixedPolicy(0)));
        var same = new FixedPolicy(0, BlendSignals.Deviation);
        run.Run(BlendRun.Request(prompt, same, store: false));
        Assert.All(same.Seen, deviation => Assert.InRange(deviation, 0f, 1e-9f));
        var moved = new FixedPolicy(0, BlendSignals.Deviation);
        run.Run(BlendRun.Request(BlendRun.Prompt(9, [2, 1]), moved, store: false));
        Assert.Equal(2 * BlendRun.ChunkLength, moved.Seen.Length);
        Assert.All(moved.Seen, deviation => Assert.True(deviation > 1e-9f));
    }

    [Fact]
    public void RequestsTogetherGiveTheLogitsOfRequestsAlone()
    {
        using var run = new BlendRun(batch: 96);
        run.Warm(1, 2, 3, 4);
        var prompts = Enumerable.Range(0, 8).Select(i => BlendRun.Prompt(3 + i, i % 2 == 0 ? [1, 3] : [4, 2, 1], seed: i)).ToArray();
        var requests = prompts.Select(prompt => BlendRun.Request(prompt, new FixedPolicy(3, BlendSignals.Deviation), store: false)).ToArray();
        var alone = requests.Select(request => run.Run(request)[0].Logits).ToArray();
        var together = run.Run(requests);
        for (var i = 0; i < prompts.Length; i++)
            Assert.Equal(alone[i], together[i].Logits);
    }

    [Fact]
    public void ManyRequestsOnOneChunk_CostItsRowsOnce()
    {
        using var run = new BlendRun(blocks: 512);
        run.Warm(1, 2, 3);
        var prompt = BlendRun.Prompt(5, [2, 3, 1]);
        var most = 0;
        for (var i = 0; i < 6; i++)
            run.Loop.Submit(BlendRun.Request(BlendRun.Prompt(5, [2, 3, 1], seed: i), new FixedPolicy(8), answer: 8, store: false));
        while (!run.Loop.Loop.IsIdle)
        {
            run.Loop.Loop.Step();
            most = Math.Max(most, run.Loop.Loop.Running.Sum(sequence => sequence.Table!.BlockCount));
        }

        var rest = (prompt.Tokens.Length - (3 * BlendRun.ChunkLength) + 8) / 16;
        Assert.InRange(most, 1, 6 * (rest + 5 + 2)); // own rows, block borders at five gaps, one block of repaired rows in all layers
    }

    [Fact]
    public void PreemptedSequencesBlendAgain_AndNothingLeaks()
    {
        using var run = new BlendRun(blocks: 40);
        run.Warm(1, 2);
        var requests = Enumerable.Range(0, 6)
            .Select(i => BlendRun.Request(BlendRun.Prompt(3 + i, [1, 2], seed: i), new FixedPolicy(2, BlendSignals.Deviation), answer: 60, store: false)).ToArray();
        var alone = requests.Select(request => run.Run(request)[0].Logits).ToArray();
        var together = run.Run(requests);

        // Chunks give way to those that run, so that the last ones may find none; who found them keeps them.
        var reusing = Enumerable.Range(0, requests.Length).Where(i => together[i].Sequence.BlendReport!.BlendedTokens == 2 * BlendRun.ChunkLength).ToArray();
        Assert.Contains(reusing, i => together[i].Sequence.Preemptions > 0);
        foreach (var i in reusing)
            Assert.Equal(alone[i], together[i].Logits);
        run.Loop.Loop.Chunks.Clear();
        run.Loop.Loop.Index.Clear();
        Assert.Equal(0, run.Loop.Pool.UsedBlocks);
        run.Loop.Pool.CheckIntegrity();
    }

    [Fact]
    public void ColumnMassIsWhatTheQueriesGive_HoweverTheyAreCutIntoSteps()
    {
        // Every query gives one unit, of which the rows before it outside the chunks get a part.
        var whole = MassOf(batch: 200);
        var queries = 5 + (2 * BlendRun.ChunkLength) + 3;
        Assert.All(whole, mass => Assert.True(mass > 0));
        Assert.InRange(whole.Sum(), 1f, queries);
        Assert.Equal(whole, MassOf(batch: 64));
        Assert.Equal(whole, MassOf(batch: 7));

        static float[] MassOf(int batch)
        {
            using var run = new BlendRun(batch: batch);
            run.Warm(1, 2);
            var policy = new FixedPolicy(0, BlendSignals.ColumnMass);
            run.Run(BlendRun.Request(BlendRun.Prompt(5, [2, 1]), policy, store: false));
            return policy.Mass;
        }
    }

    [Fact]
    public void WithSharesThatFall_DeeperLayersRepairFewerRows()
    {
        using var run = new BlendRun(batch: 256);
        run.Warm(1, 2, 3);
        var layers = run.Loop.Model.Config.Layers;
        var shares = Enumerable.Range(0, layers).Select(layer => layer < 1 ? 1 : 0.25).ToArray();
        var prompt = BlendRun.Prompt(5, [2, 3, 1]);
        var gradual = run.Run(BlendRun.Request(prompt, new FixedPolicy(2, BlendSignals.Deviation) { Shares = shares }, store: false))[0];
        var report = gradual.Sequence.BlendReport!;
        Assert.Equal(60, report.RepairedTokens);
        Assert.Equal((60 * 2) + (30 * (layers - 2)), report.RepairTokenLayers);
        Assert.Equal(30 * (layers - 2), report.TerminatedTokenLayers);
    }

    [Fact]
    public void RowsRepairedBesideTheAnswer_BringItNearer()
    {
        using var run = new BlendRun(batch: 64);
        run.Warm(1, 2);
        var prompt = BlendRun.Prompt(5, [2, 1]);
        var forced = Enumerable.Range(20, 60).ToArray();
        GenerationRequest Forced(IBlendPolicy? policy) => BlendRun.Request(prompt, policy, answer: 60, store: false) with { Continuation = forced };
        var full = run.Run(Forced(null))[0].Logits;
        var plain = run.Run(Forced(new FixedPolicy(0, BlendSignals.Deviation)))[0].Logits;
        var repaired = run.Run(Forced(new FixedPolicy(0, BlendSignals.Deviation | BlendSignals.AnswerMass) { AnswerRepairs = 2 }))[0];
        Assert.Equal(plain[0], repaired.Logits[0]);
        Assert.InRange(repaired.Sequence.BlendReport!.AnswerRepairs, 55, 60);
        var late = Enumerable.Range(45, 15);
        Assert.True(late.Sum(i => BlendRun.Difference(full[i], repaired.Logits[i])) < late.Sum(i => BlendRun.Difference(full[i], plain[i])));
    }

    [Fact]
    public void ContextOfComputedChunksIsRecorded_WhateverTheStepsWere()
    {
        var contexts = new List<ChunkContext>();
        foreach (var batch in (int[])[256, 33])
        {
            using var run = new BlendRun(batch: batch);
            var prompt = BlendRun.Prompt(5, [2, 1]);
            var sequence = run.Run(BlendRun.Request(prompt, new FixedPolicy(0, BlendSignals.Context)))[0].Sequence;
            var part = prompt.Parts[1];
            var tokens = prompt.Tokens[part.Start..part.End];
            var context = run.Loop.Loop.Chunks.Variants(sequence.Scope, ChunkIndex.KeyOf(sequence.Scope, tokens), tokens)[0].Context!;
            contexts.Add(context);
            Assert.Equal([5, BlendRun.ChunkLength, 3], context.BeforeLengths);
            Assert.Equal(BlendRun.ChunkLength, context.Inter.Sum() + context.Intra, 3);
            Assert.True(context.HasSystemText);
            Assert.Equal(context.Inter.Skip(1).Sum(), context.TokenScores.ToArray().Sum(), 3);
        }

        Assert.Equal(contexts[0].Inter, contexts[1].Inter);
        Assert.Equal(contexts[0].TokenScores.ToArray(), contexts[1].TokenScores.ToArray());
    }

    private static class Plans
    {
        public static Engine.Plans.PlanSpan Shared(int length) => new(0, length, Engine.Plans.SpanOrigin.Shared);
    }
}

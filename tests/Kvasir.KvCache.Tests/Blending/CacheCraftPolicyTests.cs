using Kvasir.KvCache.Blending;
using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tests.Chunks;
using Kvasir.KvCache.Tests.Support;

namespace Kvasir.KvCache.Tests.Blending;

public class CacheCraftPolicyTests
{
    [Fact]
    public void Rows_AreThoseThatLookedMostAtWhatStoodBefore_RoundedUp()
    {
        // Span two: CCI 0.62246, β' = 0, α = 0.9: CFO = 0.5602; of 4 rows 2.24, so 3. Its scores are largest in rows 3, 0 and 2 of it.
        var spans = Snapshots.Spans(2, 5, 4);
        spans[0] = spans[0] with { Context = Snapshots.Context(1, [9, 9, 9, 9, 9]) }; // nothing before it, as then
        spans[1] = spans[1] with { Context = Snapshots.Context(3.2, [0.5f, 0.1f, 0.3f, 0.9f], (7, 10, 2), (8, 5, 1)) };
        Assert.Equal([5, 7, 8], Snapshots.Select(new CacheCraftPolicy(0.9), spans));
    }

    [Fact]
    public void UnchangedContext_RepairsNothing_WhateverAlpha()
    {
        var spans = Snapshots.Spans(2, 50, 40, 30);
        for (var i = 0; i < 3; i++)
            spans[i] = spans[i] with { Context = Snapshots.Context(0, new float[spans[i].Length], [.. Enumerable.Range(0, i).Select(j => (j, 10, 5.0))]) };
        Assert.Empty(Snapshots.Select(new CacheCraftPolicy(50), spans));
    }

    [Fact]
    public void SystemText_IsNoContext_WhileTheSameStandsThereAgain()
    {
        // Two tokens take most of the mass, as attention sinks do. Of the rest 3 of 4 stand there again.
        var context = Snapshots.Context(4, new float[10], (0, 2, 6), (1, 10, 3), (2, 10, 1)) with { HasSystemText = true };
        Assert.Equal(0.75, ContextFit.Overlap(context, Snapshots.Texts(0, 1)), 12);
        Assert.Equal(1, ContextFit.Overlap(context, Snapshots.Texts(0, 1, 2)), 12);
        Assert.Equal(0, ContextFit.Overlap(context, Snapshots.Texts(0, 2, 1)), 12); // the only pair has changed places
        Assert.Equal(0.4, ContextFit.Overlap(context, Snapshots.Texts(9, 1, 2)), 12); // under another system text
        Assert.Equal(0.75, ContextFit.Overlap(context, Snapshots.Texts(0, 1, 9)), 12);
        Assert.Equal(1 / (1 + Math.Exp(-1)), ContextFit.Impact(context, 10), 12); // (0.03 + 0.01) / 0.04

        // Computed behind the system text alone: nothing is known of what it does behind other chunks.
        var first = Snapshots.Context(4, new float[10], (0, 2, 6)) with { HasSystemText = true };
        Assert.Equal(0.5, ContextFit.Impact(first, 10), 12);
        Assert.Equal(0, ContextFit.Overlap(first, Snapshots.Texts(0, 1)), 12);
        Assert.Equal(1, ContextFit.Overlap(first, Snapshots.Texts(0)), 12);
    }

    [Fact]
    public void UnknownContext_AndPartsOfChunks_CostAlphaAndTheirFirstRows()
    {
        var spans = Snapshots.Spans(2, 10, 10);
        spans[1] = spans[1] with { Context = Snapshots.Context(1, new float[11], (0, 10, 5)) }; // of 11 rows, 10 are reused
        Assert.Equal([0, 1, 2, 10, 11, 12], Snapshots.Select(new CacheCraftPolicy(0.25), spans));
        Assert.Empty(Snapshots.Select(new CacheCraftPolicy(0), spans));
    }

    [Fact]
    public void VariantOfLeastOverhead_IsChosen_OfEqualOnesTheNewest()
    {
        var policy = new CacheCraftPolicy(1);
        var variants = new[]
        {
            Run(Snapshots.Context(1, new float[4], (1, 10, 4), (2, 10, 1))),
            Run(Snapshots.Context(1, new float[4], (2, 10, 4), (1, 10, 1))),
            Run(null),
        };
        Assert.Equal(0, Choose(policy, variants, 1, 2)); // the very same
        Assert.Equal(1, Choose(policy, variants, 2, 1));
        Assert.Equal(0, Choose(policy, variants, 1)); // 4 of 5 of its mass is there again
        Assert.Equal(1, Choose(policy, variants, 2));
        Assert.Equal(1, Choose(policy, [variants[0], Run(variants[0].Context)], 1, 2));
    }

    [Fact]
    public void OverheadAtTheCutoff_IsAMiss_ExceptAtAFixedShare()
    {
        var alone = new[] { Run(Snapshots.Context(1, new float[4])) }; // CFO α / 2 behind anything
        Assert.Equal(-1, Choose(new CacheCraftPolicy(2), alone, 1));
        Assert.Equal(0, Choose(new CacheCraftPolicy(1.99), alone, 1));
        Assert.Equal(-1, Choose(new CacheCraftPolicy(0.8) { Cutoff = 0.4 }, alone, 1));
        Assert.Equal(0, Choose(new CacheCraftPolicy(2) { Ratio = 0.3 }, alone, 1));
        Assert.Equal(0, Choose(new CacheCraftPolicy(2), alone));
        Assert.Equal(-1, Choose(new CacheCraftPolicy(1), [Run(null)], 1));
    }

    [Fact]
    public void Worth_IsOneOverOverhead_UpToABound()
    {
        IBlendPolicy policy = new CacheCraftPolicy(0.5);
        var span = Snapshots.Spans(0, 4)[0] with { Before = Snapshots.Texts(1), Context = Snapshots.Context(1, new float[4]) };
        Assert.Equal(4, policy.ReuseValue(span), 12); // CFO = 0.25
        Assert.Equal(100, policy.ReuseValue(span with { Before = [] })); // CFO = 0, counted as 0.01
        Assert.Equal(2, policy.ReuseValue(span with { Context = null }), 12);
    }

    [Fact]
    public void MostRepairs_IsNeverExceeded_ByAnyAlpha()
    {
        var random = new Random(4);
        for (var round = 0; round < 400; round++)
        {
            var lengths = Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(1, round % 2 == 0 ? 4 : 120)).ToArray();
            var spans = Snapshots.Spans(1, lengths);
            var policy = new CacheCraftPolicy(random.NextDouble() * 1.5);
            for (var i = 0; i < spans.Length; i++)
            {
                var scores = Enumerable.Range(0, lengths[i]).Select(_ => random.NextSingle()).ToArray();
                spans[i] = spans[i] with { Context = random.Next(5) == 0 ? null : Snapshots.Context(random.NextDouble(), scores, (random.Next(40), 9, random.NextDouble())) };
            }

            var repaired = Snapshots.Select(policy, spans);
            Assert.InRange(repaired.Count, 0, policy.MostRepairs(lengths.Sum()));
            Assert.Equal(repaired.Distinct().Order(), repaired);
        }
    }

    [Fact]
    public void FixedShare_IsSharedOutByOverhead_AndWhatAChunkCannotTakeGoesToTheOthers()
    {
        // Lengths times weights 20, 10, 0: of 9 rows 6 and 3.
        Assert.Equal([6, 3, 0], RowBudget.Distribute(9, [40, 20, 30], [0.5, 0.5, 0]));
        // 8 would go to a chunk of 5: 5, and 4 + 3 = 7 to the other.
        Assert.Equal([5, 7, 0], RowBudget.Distribute(12, [5, 20, 30], [2, 0.25, 0]));
        // Both full at 25: the rest of 40 to the one without weight.
        Assert.Equal([5, 20, 15], RowBudget.Distribute(40, [5, 20, 30], [2, 0.25, 0]));
        // No weights: by length. 10 of 55: 0.909, 3.636, 5.455: the largest fractions round up.
        Assert.Equal([1, 4, 5], RowBudget.Distribute(10, [5, 20, 30], [0, 0, 0]));
        Assert.Equal([5, 20, 30], RowBudget.Distribute(55, [5, 20, 30], [1, 1e-12, 0]));
        Assert.Equal([0, 0], RowBudget.Distribute(0, [5, 20], [1, 1]));
        Assert.Empty(RowBudget.Distribute(0, [], []));
        // 3 rows, equal claims of 1.5: of equal fractions the first.
        Assert.Equal([2, 1], RowBudget.Distribute(3, [4, 4], [1, 1]));
    }

    [Fact]
    public void Focus_PartsAtTheLargestGap_AndEndsTheRestWhenItHasStayed()
    {
        // Sums after each layer: (1, 2, 1), (3, 4, 1.5), (6, 7, 2), (9, 10, 2.5). Largest gaps: 2 over 1 parts the second chunk from the
        // others; then 3 over 1.5, 6 over 2 and 9 over 2.5 part the first two from the third.
        float[] mass = [1, 2, 1, 2, 2, 0.5f, 3, 3, 0.5f, 3, 3, 0.5f];
        Assert.Equal([false, false, false], Ended(mass, 3, 3));
        Assert.Equal([false, false, true], Ended(mass, 4, 3)); // layers 2, 3 and 4 agree
        Assert.Equal([false, false, true], Ended(mass, 3, 2));
        Assert.Equal([true, false, true], Ended(mass, 1, 1));
        Assert.Equal([false, false, false], Ended(mass, 2, 3));

        // Of 24 layers a sixth are 4.
        Assert.Equal([false, false, false], Ended(mass, 3, 2, leastDepth: 1 / 6.0));
        Assert.Equal([false, false, true], Ended(mass, 4, 2, leastDepth: 1 / 6.0));
    }

    [Fact]
    public void Focus_WithoutAGapOrWithBrokenMass_EndsNothing()
    {
        Assert.Equal([false, false, false], Ended([1, 1, 1, 2, 2, 2, 3, 3, 3], 3, 3));
        Assert.Equal([false, false, false], Ended([1, 5, 1, 2, float.NaN, 2, 3, 3, 3], 3, 3));
        Assert.Equal([false], Ended([1, 1, 1], 3, 3, spans: 1));
        bool[] ended = [true, false, false];
        QuestionFocus.EndUnfocused(new FocusSnapshot { LayersDone = 1, Layers = 9, Spans = 3, Mass = [5, 5, 1] }, 1, 0, ended);
        Assert.Equal([true, false, true], ended); // never taken back
    }

    [Fact]
    public void EarlyEnd_CanBeSwitchedOff_AndThenTheMassIsNotAskedFor()
    {
        Assert.Equal(BlendSignals.Context | BlendSignals.QuestionMass, new CacheCraftPolicy(1).Signals);
        Assert.Equal(BlendSignals.Context | BlendSignals.QuestionMass, BlendPolicies.Create("cachecraft-alpha", 0.5).Signals);
        Assert.Equal(BlendSignals.Context, BlendPolicies.Create("cachecraft", 0.5).Signals);
        Assert.Equal(BlendSignals.Context, new CacheCraftPolicy(1) { Ratio = 1 }.Signals);
        IBlendPolicy off = new CacheCraftPolicy(1) { EndsEarly = false };
        Assert.Equal(BlendSignals.Context, off.Signals);
        var ended = new bool[2];
        off.EndSpans(new FocusSnapshot { LayersDone = 3, Layers = 9, Spans = 2, Mass = [5, 1, 5, 1, 5, 1] }, ended);
        Assert.Equal([false, false], ended);
        var policy = new CacheCraftPolicy(1);
        policy.EndSpans(new FocusSnapshot { LayersDone = 3, Layers = 9, Spans = 2, Mass = [5, 1, 5, 1, 5, 1] }, ended);
        Assert.Equal([false, false], ended);
        policy.EndSpans(new FocusSnapshot { LayersDone = 3, Layers = 5, Spans = 2, Mass = [5, 1, 5, 1, 5, 1] }, ended);
        Assert.Equal([false, true], ended);
    }

    private static bool[] Ended(float[] mass, int layersDone, int settled, int spans = 3, double leastDepth = 0)
    {
        var ended = new bool[spans];
        var snapshot = new FocusSnapshot { LayersDone = layersDone, Layers = 24, Spans = spans, Mass = mass.AsSpan(0, layersDone * spans) };
        QuestionFocus.EndUnfocused(snapshot, settled, leastDepth, ended);
        return ended;
    }

    private static int Choose(CacheCraftPolicy policy, KvRun[] variants, params int[] before) =>
        policy.Choose(new VariantChoice { Variants = variants, Before = Snapshots.Texts(before) });

    private static KvRun Run(ChunkContext? context) => new()
    {
        Key = ChunkRig.Text(99), Scope = TestScopes.Create(), Tokens = new int[4], BasePosition = 0, Blocks = [new BlockId(0)], FirstSlot = 0, Context = context,
    };
}

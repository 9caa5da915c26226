using Kvasir.Engine.Tests.Support;

namespace Kvasir.Engine.Tests.Tiers;

public sealed class SwapTests
{
    private static readonly int[] Prompt = TinyModel.Tokens(110, 1);

    [Fact]
    public void PreemptedSequence_ComesBackFromTheTierWithTheSameBits()
    {
        using var alone = new TierRun();
        var expected = alone.Answer(Prompt, 20);

        using var run = new TierRun();
        var sequence = run.Submit(Prompt, 20);
        for (var i = 0; i < 9; i++)
            run.Run.Loop.Step();
        var computed = sequence.ComputedLength;
        run.Run.Loop.Preempt(sequence);
        run.Forget(); // its rows are in the tier only
        run.Run.Finish();
        Assert.Equal(expected, sequence.LogitDigests!);
        Assert.Equal((1, 1L), (sequence.Preemptions, run.Counters.SwappedOut));

        // All full blocks came back, those behind the last whole chunk too; only the rest was computed again.
        Assert.Equal(computed / 16 * 16, run.Counters.LoadedTokens);
        run.CheckNothingLeaks();
    }

    [Fact]
    public void SequenceThatIsQuickerComputed_IsNotSwapped()
    {
        using var run = new TierRun();
        var sequence = run.Submit(Prompt, 20);
        for (var i = 0; i < 9; i++)
            run.Run.Loop.Step();
        run.Run.Loop.Tiers!.ComputeRate.Add(1e15, 1e-3);
        run.Run.Loop.Preempt(sequence);
        Assert.Equal(0, run.Counters.SwappedOut);
        run.Run.Finish();
        run.CheckNothingLeaks();
    }

    [Fact]
    public void CancelledWhileSwappedOut_LeavesNoObjectOfItsOwn()
    {
        using var run = new TierRun();
        var sequence = run.Submit(Prompt, 20);
        for (var i = 0; i < 9; i++)
            run.Run.Loop.Step();
        run.Run.Loop.Preempt(sequence);
        run.Forget();
        var chunks = run.Tier.Status.Objects;
        run.Run.Loop.Cancel([sequence]);
        Assert.Equal(chunks - 1, run.Tier.Status.Objects);
        run.CheckNothingLeaks();
    }

    [Fact]
    public void PoolTooSmallForAll_GivesEverySequenceItsOwnBits()
    {
        using var alone = new TierRun();
        var prompts = Enumerable.Range(0, 4).Select(i => TinyModel.Tokens(60, 10 + i)).ToArray();
        var expected = prompts.Select(prompt => alone.Answer(prompt, 60)).ToArray();
        using var run = new TierRun(blocks: 20);
        var sequences = prompts.Select(prompt => run.Submit(prompt, 60)).ToArray();
        run.Run.Finish();
        for (var i = 0; i < prompts.Length; i++)
            Assert.Equal(expected[i], sequences[i].LogitDigests!);
        Assert.True(sequences.Sum(sequence => sequence.Preemptions) > 0, "nothing was preempted");
        run.CheckNothingLeaks();
    }
}

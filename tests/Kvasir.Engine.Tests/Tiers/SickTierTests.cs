using Kvasir.Engine.Tests.Support;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Retention.Objects;
using Kvasir.KvCache.Tiers.Books;
using Kvasir.KvCache.Tiers.Host;

namespace Kvasir.Engine.Tests.Tiers;

public sealed class SickTierTests
{
    private static readonly int[] Prompt = TinyModel.Tokens(150, 1);

    [Fact]
    public void TierThatDoesNotAnswer_IsGivenUpAndTheRowsAreComputed()
    {
        var time = new ManualTime();
        HeldTier? tier = null;
        using var run = Run(made => tier = made, time);
        var computed = run.Answer(Prompt);
        run.Forget();
        tier!.Open(0);
        var sequence = run.Submit(Prompt);
        Assert.False(run.Run.Loop.Step());
        tier.AwaitWaiter();
        time.Advance(TimeSpan.FromSeconds(11));
        run.Run.Finish();
        Assert.Equal(computed, sequence.LogitDigests!);
        Assert.Equal((1L, 1L), (run.Counters.TimedOut, run.Counters.Failed));
        tier.Open(int.MaxValue);
        run.AwaitMoves();
        run.CheckNothingLeaks();
    }

    [Fact]
    public void TierThatFails_IsBypassedForAWhile()
    {
        var time = new ManualTime();
        HeldTier? tier = null;
        using var run = Run(made => tier = made, time);
        var computed = run.Answer(Prompt);
        run.Forget();
        tier!.Fails = true;
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(computed, run.Answer(Prompt));
            run.Forget();
        }

        var failed = run.Counters.Failed;
        Assert.Equal(computed, run.Answer(Prompt));
        run.Forget();
        Assert.Equal((failed, 3L), (run.Counters.Failed, failed));

        tier.Fails = false;
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(computed, run.Answer(Prompt));
        Assert.Equal(1, run.Counters.Loads);
        run.CheckNothingLeaks();
    }

    [Fact]
    public void StepBeginsWithTheFirstLayers_AndOthersProgressMeanwhile()
    {
        var time = new ManualTime();
        HeldTier? tier = null;
        using var run = Run(made => tier = made, time, layersPerRecord: 1);
        var computed = run.Answer(Prompt);
        run.Forget();
        tier!.Open(0);
        var sequence = run.Submit(Prompt);
        var other = run.Submit(TinyModel.Tokens(40, 2), 8);
        Assert.True(run.Run.Loop.Step());
        Assert.Equal((0L, 1), (sequence.ComputedRows, other.AnswerLength));

        // The first layers are there, and what is left is expected to come while the step computes.
        tier.Open(1);
        Assert.True(SpinWait.SpinUntil(() => sequence.Load!.Move.ReadyLayers > 0, TimeSpan.FromMinutes(1)));
        var step = Task.Run(run.Run.Loop.Step);
        tier.AwaitWaiter();
        tier.Open(int.MaxValue);
        Assert.True(step.Wait(TimeSpan.FromMinutes(1)));
        run.Run.Finish();
        Assert.Equal(computed, sequence.LogitDigests!);
        run.CheckNothingLeaks();
    }

    [Fact]
    public void WithPreload_ALoneSequenceWaitsForTheDepth_AndNoStepForALayer()
    {
        var time = new ManualTime();
        HeldTier? tier = null;
        using var run = Run(made => tier = made, time, layersPerRecord: 1, preload: PreloadDepth.Always);
        var computed = run.Answer(Prompt);
        run.Forget();
        tier!.Open(0);
        var sequence = run.Submit(Prompt);
        Assert.False(run.Run.Loop.Step());

        // Loading takes a second and more a layer, computing nearly nothing: all layers first.
        run.Run.Loop.Tiers!.ComputeRate.Add(1e12, 1);
        time.Advance(TimeSpan.FromSeconds(1));
        tier.Open(1);
        Assert.True(SpinWait.SpinUntil(() => sequence.Load!.Move.ReadyLayers > 0, TimeSpan.FromMinutes(1)));
        Assert.False(run.Run.Loop.Step());
        tier.Open(int.MaxValue);
        run.Run.Finish();
        Assert.Equal(computed, sequence.LogitDigests!);
        Assert.Equal((1L, TimeSpan.Zero), (run.Counters.Loads, run.Counters.Stalled));
        run.CheckNothingLeaks();
    }

    [Fact]
    public void TierThatFallsSilentInTheMiddleOfAStep_IsGivenUp()
    {
        HeldTier? tier = null;
        using var run = Run(made => tier = made, new ManualTime(), layersPerRecord: 1, timeout: TimeSpan.FromMilliseconds(20));
        var computed = run.Answer(Prompt);
        run.Forget();
        tier!.Open(1);
        var sequence = run.Submit(Prompt);
        run.Run.Loop.Step();
        tier.AwaitWaiter();
        Assert.True(SpinWait.SpinUntil(() => sequence.Load!.Move.ReadyLayers > 0, TimeSpan.FromMinutes(1)));
        run.Run.Finish();
        Assert.Equal(computed, sequence.LogitDigests!);
        Assert.True(run.Counters.TimedOut > 0);
        tier.Open(int.MaxValue);
        run.AwaitMoves();
        run.CheckNothingLeaks();
    }

    private static TierRun Run(Action<HeldTier> made, ManualTime time, int layersPerRecord = 2, TimeSpan? timeout = null, PreloadDepth preload = default) => new(
        tiers: options => options with
        {
            HostBytes = 0,
            LayersPerRecord = layersPerRecord,
            Preload = preload,
            Moves = timeout is { } most ? options.Moves with { LoadTimeout = most } : options.Moves,
            Further = geometry =>
            {
                var tier = new HeldTier(new HostTier(geometry, new TierLimits { CapacityBytes = 64 << 20 }, new LruPolicy(), time));
                made(tier);
                return [tier];
            },
        },
        engine: options => options with { Time = time });
}

using Kvasir.Engine.Scheduling;

namespace Kvasir.Engine.Tests.Blending;

public sealed class ResidualTests
{
    [Fact]
    public void OfWaitingRequests_TheOneWithTheLeastLeftToComputeRunsFirst()
    {
        using var run = new BlendRun(batch: 64, scheduling: new CacheAwareScheduling(agingSeconds: 1000), sequences: 1);
        run.Warm(1, 2, 3);
        var blocker = run.Loop.Submit(BlendRun.Request(BlendRun.Prompt(3, []), policy: null, answer: 2));
        run.Loop.Loop.Step();
        var cold = run.Loop.Submit(BlendRun.Request(BlendRun.Prompt(4, [7, 8], seed: 2), policy: null, answer: 1));
        var reused = run.Loop.Submit(BlendRun.Request(BlendRun.Prompt(4, [1, 2, 3], seed: 3), new FixedPolicy(0), answer: 1));
        while (cold.Output.Finish is null && reused.Output.Finish is null)
            run.Loop.Loop.Step();
        Assert.NotNull(reused.Output.Finish);
        Assert.Null(cold.Output.Finish);
        run.Loop.Finish();
        Assert.NotNull(blocker.Output.Finish);
    }
}

using Kvasir.Benchmarks.Rag.Scheduling;
using Kvasir.Engine.Scheduling;

namespace Kvasir.Benchmarks.Tests.Rag;

public class QueueSimulationTests
{
    [Fact]
    public void Steps_HaveTheLengthOfTheirRows()
    {
        // 600 rows are a step of 512 and one of 88, which gives the first token; one more step of a row gives the second.
        var request = new QueuedRequest(1, 1000, 600, 2);
        var end = new QueueSimulation(new FirstComeScheduling()).Run([request]);
        var first = (2 * QueueSimulation.StepSeconds) + (600 * QueueSimulation.RowSeconds);
        Assert.Equal(first, request.TtftSeconds, 9);
        Assert.Equal(1 + first + QueueSimulation.StepSeconds + QueueSimulation.RowSeconds, end, 9);
    }

    [Fact]
    public void WhoHasLittleLeft_OvertakesWhoWaitsBesideHim_OnlyWithTheCacheAwarePolicy()
    {
        Assert.True(CachedTtft(new CacheAwareScheduling(agingSeconds: 5)) < 0.6 * CachedTtft(new FirstComeScheduling()));

        static double CachedTtft(ISchedulingPolicy policy)
        {
            QueuedRequest[] trace = [new(0, 4096, 4096, 1), new(0.01, 4096, 4096, 1), new(0.02, 4096, 64, 1)];
            new QueueSimulation(policy).Run(trace);
            Assert.All(trace, request => Assert.Equal((0, 0), (request.Left, request.AnswerLeft)));
            return trace[2].TtftSeconds;
        }
    }
}

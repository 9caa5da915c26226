using Kvasir.Engine.Plans;

namespace Kvasir.Engine.Tests.Plans;

public sealed class ForwardPlanTests
{
    [Fact]
    public void RandomPlans_GiveEveryPositionToBeComputedOnceAndInOrder()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var plan = new ForwardPlan(4);
            var expected = new List<int>();
            var actual = new List<int>();
            var length = 0;
            for (var action = 0; action < 60; action++)
            {
                if (random.Next(2) == 0)
                {
                    var count = random.Next(0, 9);
                    var origin = random.Next(2) == 0 ? SpanOrigin.Computed : SpanOrigin.Shared;
                    plan.Append(count, origin);
                    if (origin == SpanOrigin.Computed)
                        expected.AddRange(Enumerable.Range(length, count));
                    length += count;
                }
                else
                {
                    var before = random.Next(3) == 0 ? random.Next(length + 1) : int.MaxValue;
                    var positions = new int[random.Next(1, 7)];
                    var work = plan.Take(positions, before);
                    Assert.Equal(4, work.LayerEnd);
                    Assert.All(positions[..work.Rows], position => Assert.True(position < before, $"seed {seed}"));
                    actual.AddRange(positions[..work.Rows]);
                }

                Assert.Equal(length, plan.Length);
                Assert.True(expected.Count - actual.Count == plan.Remaining, $"seed {seed}: {plan.Remaining} remain, {expected.Count - actual.Count} expected");
            }

            var rest = new int[1000];
            actual.AddRange(rest[..plan.Take(rest).Rows]);
            Assert.Equal(expected, actual);
            Assert.Equal(length, plan.NextPosition);
        }
    }

    [Fact]
    public void Spans_CoverThePlanWithoutGaps_AndNeighboursDiffer()
    {
        var plan = new ForwardPlan(1);
        plan.Append(5, SpanOrigin.Shared);
        plan.Append(3, SpanOrigin.Shared);
        plan.Append(0, SpanOrigin.Computed);
        plan.Append(2, SpanOrigin.Computed);
        Assert.Equal([new PlanSpan(0, 8, SpanOrigin.Shared), new PlanSpan(8, 2, SpanOrigin.Computed)], plan.Spans);
    }
}

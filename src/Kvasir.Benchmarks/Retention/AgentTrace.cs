using Kvasir.KvCache.Identity;

namespace Kvasir.Benchmarks.Retention;

/// <summary>
/// Agents at work: long instructions and tools, then steps that each add an action and what a tool answered. Steps follow fast; some go back
/// to an earlier state, some split into several that go on from the same state. Between them come single long texts that nobody asks about
/// again.
/// </summary>
internal static class AgentTrace
{
    private const int Agents = 6;
    private const double SecondsBetweenTasks = 15;
    private const double MeanSteps = 14;
    private const double Back = 0.06;
    private const double Split = 0.02;
    private const double LongText = 0.03;
    private const int ContextTokens = 32_768;

    public static RetentionTrace Create(int seed, int requests)
    {
        var random = new Random(seed);
        var shared = new HashSet<BlockKey>();
        var agents = new PromptChain[Agents];
        for (var i = 0; i < Agents; i++)
        {
            agents[i] = new PromptChain().Add(random, random.Next(1_500, 6_000));
            agents[i].AddTo(shared);
        }

        var popularity = new ZipfDraw(Agents, 0.8);
        var made = new List<TraceRequest>(requests);
        var steps = new PriorityQueue<(PromptChain Chain, PromptChain Earlier, int Left), double>();
        var arrival = 0.0;
        while (made.Count < requests)
        {
            if (!steps.TryPeek(out _, out var next) || arrival < next)
            {
                var task = agents[popularity.Next(random)].Fork().Add(random, Draws.Tokens(random, 500, 0.8, 50, 6_000));
                steps.Enqueue((task, task.Fork(), Draws.Geometric(random, MeanSteps)), arrival);
                arrival += Draws.Exponential(random, SecondsBetweenTasks);
                continue;
            }

            steps.TryDequeue(out var step, out var now);
            made.Add(step.Chain.Request(now));
            if (random.NextDouble() < LongText && made.Count < requests)
                made.Add(new PromptChain().Add(random, random.Next(8_000, 20_000)).Request(now));
            if (step.Left == 1 || step.Chain.Tokens > ContextTokens)
                continue;
            var from = random.NextDouble() < Back ? step.Earlier : step.Chain;
            var branches = random.NextDouble() < Split ? random.Next(2, 4) : 1;
            for (var i = 0; i < branches; i++)
            {
                var grown = from.Fork().Add(random, Draws.Tokens(random, 120, 0.5, 20, 600) + Draws.Tokens(random, 300, 1, 20, 4_000));
                steps.Enqueue((grown, random.NextDouble() < 0.25 ? grown.Fork() : step.Earlier, step.Left - 1), now + Draws.LogNormal(random, 8, 0.7));
            }
        }

        return new RetentionTrace("agent", made, shared);
    }
}

using Kvasir.KvCache.Identity;

namespace Kvasir.Benchmarks.Retention;

/// <summary>
/// Conversations of many people with a few assistants at once: every turn's prompt is all that was said before, behind the assistant's
/// system prompt. People think for a minute, some go away for an hour and come back, many ask only once.
/// </summary>
internal static class ConversationTrace
{
    private const int Assistants = 8;
    private const double SecondsBetweenPeople = 4;
    private const double MeanTurns = 6;
    private const double LongPause = 0.05;
    private const int ContextTokens = 16_384;

    public static RetentionTrace Create(int seed, int requests)
    {
        var random = new Random(seed);
        var shared = new HashSet<BlockKey>();
        var systems = new PromptChain[Assistants];
        for (var i = 0; i < Assistants; i++)
        {
            systems[i] = new PromptChain().Add(random, random.Next(400, 1600));
            systems[i].AddTo(shared);
        }

        var popularity = new ZipfDraw(Assistants, 1);
        var made = new List<TraceRequest>(requests);
        var turns = new PriorityQueue<(PromptChain Chain, int Left), double>();
        var arrival = 0.0;
        while (made.Count < requests)
        {
            if (!turns.TryPeek(out _, out var next) || arrival < next)
            {
                turns.Enqueue((systems[popularity.Next(random)].Fork(), Draws.Geometric(random, MeanTurns)), arrival);
                arrival += Draws.Exponential(random, SecondsBetweenPeople);
                continue;
            }

            turns.TryDequeue(out var turn, out var now);
            turn.Chain.Add(random, Draws.Tokens(random, 60, 1, 5, 2_000));
            made.Add(turn.Chain.Request(now));
            turn.Chain.Add(random, Draws.Tokens(random, 250, 0.7, 10, 2_000));
            if (turn.Left == 1 || turn.Chain.Tokens > ContextTokens)
                continue;
            var pause = random.NextDouble() < LongPause ? random.Next(1_800, 7_200) : Draws.LogNormal(random, 45, 0.8);
            turns.Enqueue((turn.Chain, turn.Left - 1), now + pause);
        }

        return new RetentionTrace("conversation", made, shared);
    }
}

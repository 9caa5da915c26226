using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;

namespace Kvasir.Engine.Tests.Support;

/// <summary>One request among others, whose logits are watched; all read the same given answer.</summary>
/// <param name="Sequence">The watched sequence, finished.</param>
/// <param name="Logits">Its logits, one row after the other.</param>
/// <param name="NeighbourLogits">Those of the first neighbour.</param>
internal sealed record WatchedRun(Sequence Sequence, float[] Logits, float[] NeighbourLogits)
{
    /// <summary>Seed of the first neighbour's prompt; the next ones follow.</summary>
    public const int NeighbourSeed = 90;

    /// <param name="run">The loop.</param>
    /// <param name="prompt">Tokens of every prompt.</param>
    /// <param name="answer">Tokens of every answer.</param>
    /// <param name="choose">Makes the watched request of a plain one.</param>
    /// <param name="neighbours">Plain requests beside it.</param>
    /// <param name="preemptAfter">Tokens of the watched answer after which it is preempted once; 0 for never.</param>
    /// <param name="seed">Seed of its prompt.</param>
    /// <param name="afterStep">Sees it after each step.</param>
    public static WatchedRun Run(
        LoopRun run, int prompt, int answer, Func<GenerationRequest, GenerationRequest> choose, int neighbours = 0, int preemptAfter = 0, int seed = 7, Action<Sequence>? afterStep = null)
    {
        var (logits, others) = (new List<float[]>(), new List<float[]>());
        Sequence? watched = null;
        run.Loop.Observer = (sequence, row) => (sequence == watched ? logits : sequence.Arrival == 1 ? others : []).Add(row.ToArray());
        watched = run.Submit(choose(Plain(seed)));
        for (var i = 0; i < neighbours; i++)
            run.Submit(Plain(NeighbourSeed + i));
        while (!run.Loop.IsIdle)
        {
            Assert.True(run.Loop.Step());
            afterStep?.Invoke(watched);
            if (preemptAfter > 0 && watched.AnswerLength == preemptAfter && watched.Status == SequenceStatus.Running)
            {
                run.Loop.Preempt(watched);
                preemptAfter = 0;
            }
        }

        run.Pool.CheckIntegrity();
        return new WatchedRun(watched, [.. logits.SelectMany(row => row)], [.. others.SelectMany(row => row)]);

        GenerationRequest Plain(int of) => new() { Prompt = TinyModel.Tokens(prompt, of), MaxTokens = answer, Continuation = TinyModel.Tokens(answer, 1000) };
    }
}

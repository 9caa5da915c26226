using System.IO.Hashing;
using System.Runtime.InteropServices;
using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Benchmarks.ScBench.Scoring;
using Kvasir.Benchmarks.ScBench.State;
using Kvasir.Benchmarks.ScBench.Workloads;
using Kvasir.Benchmarks.Sessions;

namespace Kvasir.Benchmarks.ScBench.Driving;

/// <summary>Leads a session through its turns.</summary>
/// <remarks>
/// The tokens of context and questions are made apart and put together, so that the frozen context is the same in every request: the chat
/// format's tokens come before it and behind the question only.
/// </remarks>
/// <param name="frame">How the model is asked.</param>
/// <param name="runner">How keys and values are kept.</param>
internal sealed class ScSessionDriver(PromptFrame frame, ISessionRunner runner)
{
    /// <summary>Runs a session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="mode">How its context is reused.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The judged answers, the bytes of the frozen context, and the costs.</returns>
    public async Task<(IReadOnlyList<ScTurnResult> Turns, long Bytes, StageCosts Costs)> RunAsync(ScSession session, ScMode mode, CancellationToken cancellation)
    {
        int[] context = [.. frame.Head, .. frame.Encode(session.Prefix)];

        // In a conversation the first question is there when the context is encoded, and a method may look at it.
        if (mode != ScMode.MultiRequest)
            context = [.. context, .. frame.Encode(session.Turns[0].Question)];
        var handle = await runner.EncodeAsync(context, cancellation).ConfigureAwait(false);
        var costs = handle.Costs;
        var turns = new List<ScTurnResult>();
        var history = new List<int>();
        for (var i = 0; i < session.Turns.Count; i++)
        {
            var turn = session.Turns[i];
            if (mode == ScMode.MultiRequest || i > 0)
                history.AddRange(frame.Encode(turn.Question));
            history.AddRange(frame.Tail);
            var primed = turn.Prime.Length == 0 ? [] : frame.Encode(turn.Prime);
            var answer = await runner.AskAsync(handle, [.. history, .. primed], turn.MaxTokens, cancellation).ConfigureAwait(false);
            costs += answer.Costs;
            turns.Add(new ScTurnResult(turn.Part, ScScorer.Score(turn, turn.Prime + answer.Text), Digest(answer.Tokens)));

            // An answer never holds the token that ends it, whether it was cut off or not, so that the frame ends every one.
            if (mode == ScMode.MultiRequest)
                history.Clear();
            else
                history.AddRange([.. mode == ScMode.MultiTurn ? frame.Encode(turn.Golden) : [.. primed, .. answer.Tokens], .. frame.Between]);
        }

        await runner.ReleaseAsync(handle).ConfigureAwait(false);
        return (turns, handle.ResidentBytes, costs);
    }

    /// <summary>Most tokens that a session may come to, with its longest answers.</summary>
    public static int MostTokens(PromptFrame frame, ScSession session) =>
        frame.Head.Length + frame.Encode(session.Prefix).Length + session.Turns.Sum(turn =>
            frame.Encode(turn.Question).Length + frame.Tail.Length + frame.Between.Length + frame.Encode(turn.Prime).Length
            + Math.Max(turn.MaxTokens, frame.Encode(turn.Golden).Length));

    private static string Digest(int[] tokens) => Convert.ToHexStringLower(XxHash64.Hash(MemoryMarshal.AsBytes(tokens.AsSpan())));
}

namespace Kvasir.Benchmarks.Sessions;

/// <summary>
/// Answers questions behind a frozen context, in one way of keeping keys and values. A way that drops or merges rows does so when it
/// encodes, and never sees what is asked afterwards: that runs densely over what survived.
/// </summary>
internal interface ISessionRunner
{
    /// <summary>Computes a context and freezes its cache.</summary>
    Task<SessionHandle> EncodeAsync(int[] context, CancellationToken cancellation);

    /// <summary>Answers greedily; the handle is what it was before.</summary>
    /// <param name="handle">The context.</param>
    /// <param name="tokens">What comes behind it: history, question and the begin of the answer.</param>
    /// <param name="maxTokens">Most tokens of the answer.</param>
    /// <param name="cancellation">Ends it.</param>
    Task<SessionAnswer> AskAsync(SessionHandle handle, int[] tokens, int maxTokens, CancellationToken cancellation);

    /// <summary>Reads a given answer and hands out the logits that each of its tokens would have been chosen from.</summary>
    /// <param name="handle">The context.</param>
    /// <param name="tokens">What comes behind it, at least one token.</param>
    /// <param name="continuation">The given answer, <c>[rows]</c>.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Logits, <c>[rows][vocabulary]</c>.</returns>
    Task<IReadOnlyList<float[]>> ReadAsync(SessionHandle handle, int[] tokens, int[] continuation, CancellationToken cancellation);

    /// <summary>Forgets the context.</summary>
    Task ReleaseAsync(SessionHandle handle);
}

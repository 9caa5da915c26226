using Kvasir.Engine.Requests;

namespace Kvasir.Benchmarks.Sessions;

/// <summary>A context that lies in the prefix cache; questions find it there and leave nothing. What a question sees of it, a derived class says.</summary>
/// <param name="session">The engine.</param>
internal abstract class PromptSessionRunner(SessionEngine session) : ISessionRunner
{
    protected SessionEngine Session { get; } = session;

    public abstract Task<SessionHandle> EncodeAsync(int[] context, CancellationToken cancellation);

    public async Task<SessionAnswer> AskAsync(SessionHandle handle, int[] tokens, int maxTokens, CancellationToken cancellation)
    {
        var (answer, costs) = await Session.RunAsync(
            Request(handle, tokens) with { MaxTokens = maxTokens }, sampled => Costs(handle, tokens, sampled), cancellation).ConfigureAwait(false);
        return new SessionAnswer([.. answer.Tokens], answer.Text, costs);
    }

    public Task<IReadOnlyList<float[]>> ReadAsync(SessionHandle handle, int[] tokens, int[] continuation, CancellationToken cancellation) => Session.ReadAsync(
        Request(handle, tokens) with { MaxTokens = continuation.Length, Continuation = continuation, IgnoreStopTokens = true },
        sampled => Costs(handle, tokens, sampled),
        cancellation);

    public Task ReleaseAsync(SessionHandle handle) => Session.Engine.ClearCacheAsync();

    /// <summary>The request that asks <paramref name="tokens"/> behind the context.</summary>
    protected abstract GenerationRequest Request(SessionHandle handle, int[] tokens);

    /// <summary>What asking costs when <paramref name="sampled"/> tokens are answered.</summary>
    protected abstract StageCosts Costs(SessionHandle handle, int[] tokens, int sampled);
}

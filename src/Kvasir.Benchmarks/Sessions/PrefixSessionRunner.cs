using Kvasir.Engine.Requests;

namespace Kvasir.Benchmarks.Sessions;

/// <summary>The whole cache in the engine's data type: the context lies in the prefix cache, questions find it there and leave nothing.</summary>
/// <param name="session">The engine.</param>
/// <param name="reuses">False to compute everything afresh for every question: what reuse is held against.</param>
internal sealed class PrefixSessionRunner(SessionEngine session, bool reuses) : ISessionRunner
{
    public async Task<SessionHandle> EncodeAsync(int[] context, CancellationToken cancellation)
    {
        if (!reuses)
            return new SessionHandle(context, 0, context.Length, default);
        var request = new GenerationRequest { Prompt = context, MaxTokens = 1, IgnoreStopTokens = true };
        var (_, costs) = await session.RunAsync(request, _ => session.Shapes.Ask(0, context.Length, 1), cancellation).ConfigureAwait(false);
        var status = await session.StatusAsync().ConfigureAwait(false);
        return new SessionHandle(context, (long)(status.CachedTokens * session.Shapes.BytesPerToken), context.Length, costs);
    }

    public async Task<SessionAnswer> AskAsync(SessionHandle handle, int[] tokens, int maxTokens, CancellationToken cancellation)
    {
        var (answer, costs) = await session.RunAsync(
            Request(handle, tokens) with { MaxTokens = maxTokens }, sampled => Costs(handle, tokens, sampled), cancellation).ConfigureAwait(false);
        return new SessionAnswer([.. answer.Tokens], answer.Text, costs);
    }

    public Task<IReadOnlyList<float[]>> ReadAsync(SessionHandle handle, int[] tokens, int[] continuation, CancellationToken cancellation) => session.ReadAsync(
        Request(handle, tokens) with { MaxTokens = continuation.Length, Continuation = continuation, IgnoreStopTokens = true },
        sampled => Costs(handle, tokens, sampled),
        cancellation);

    public Task ReleaseAsync(SessionHandle handle) => session.Engine.ClearCacheAsync();

    private GenerationRequest Request(SessionHandle handle, int[] tokens) => new()
    {
        Prompt = (int[])[.. handle.Tokens, .. tokens],
        UsePrefixCache = reuses,
        StorePrefix = false,
    };

    private StageCosts Costs(SessionHandle handle, int[] tokens, int sampled) => reuses
        ? session.Shapes.Ask(handle.Tokens.Length, tokens.Length, sampled)
        : session.Shapes.Ask(0, handle.Tokens.Length + tokens.Length, sampled);
}

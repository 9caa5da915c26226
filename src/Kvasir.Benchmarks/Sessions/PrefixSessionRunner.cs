using Kvasir.Engine.Requests;

namespace Kvasir.Benchmarks.Sessions;

/// <summary>The whole cache in the engine's data type: the context lies in the prefix cache, questions find it there and leave nothing.</summary>
/// <param name="session">The engine.</param>
/// <param name="reuses">False to compute everything afresh for every question: what reuse is held against.</param>
internal sealed class PrefixSessionRunner(SessionEngine session, bool reuses) : PromptSessionRunner(session)
{
    public override async Task<SessionHandle> EncodeAsync(int[] context, CancellationToken cancellation)
    {
        if (!reuses)
            return new SessionHandle(context, 0, context.Length, default);
        var request = new GenerationRequest { Prompt = context, MaxTokens = 1, IgnoreStopTokens = true };
        var (_, costs) = await Session.RunAsync(request, _ => Session.Shapes.Ask(0, context.Length, 1), cancellation).ConfigureAwait(false);
        var status = await Session.StatusAsync().ConfigureAwait(false);
        return new SessionHandle(context, (long)(status.CachedTokens * Session.Shapes.BytesPerToken), context.Length, costs);
    }

    protected override GenerationRequest Request(SessionHandle handle, int[] tokens) => new()
    {
        Prompt = (int[])[.. handle.Tokens, .. tokens],
        UsePrefixCache = reuses,
        StorePrefix = false,
    };

    protected override StageCosts Costs(SessionHandle handle, int[] tokens, int sampled) => reuses
        ? Session.Shapes.Ask(handle.Tokens.Length, tokens.Length, sampled)
        : Session.Shapes.Ask(0, handle.Tokens.Length + tokens.Length, sampled);
}

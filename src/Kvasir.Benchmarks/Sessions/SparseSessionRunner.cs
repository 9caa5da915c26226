using Kvasir.Engine.Reading;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Reading;

namespace Kvasir.Benchmarks.Sessions;

/// <summary>
/// The whole cache, of which less is read: by the queries of the context (sparse prefill) or by those of the answer (retrieval). Questions are
/// computed densely.
/// </summary>
/// <param name="session">The engine.</param>
/// <param name="policy">Name of the policy.</param>
/// <param name="share">Rows of the context that a query reads, as a share.</param>
internal sealed class SparseSessionRunner(SessionEngine session, string policy, double share) : PromptSessionRunner(session)
{
    private readonly IReadingPolicy _policy = ReadingPolicies.Create(policy);

    /// <summary>Tokens of the context that every question computes again: rows that depend on where the context ends.</summary>
    private int _again;

    public override async Task<SessionHandle> EncodeAsync(int[] context, CancellationToken cancellation)
    {
        var request = new GenerationRequest { Prompt = context, MaxTokens = 1, IgnoreStopTokens = true, Reading = Ask(context.Length) };
        var (answer, costs) = await Session.RunAsync(request, _ => Session.Shapes.Ask(0, context.Length, 1), cancellation).ConfigureAwait(false);
        using var generation = Session.Engine.Submit(request with { StorePrefix = false });
        var again = await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);
        _again = context.Length - again.Statistics.ReusedTokens;
        Session.Expect(Session.Shapes.Ask(context.Length - _again, _again, 1));
        var bytes = (context.Length * Session.Shapes.BytesPerToken) + answer.Statistics.Reading!.BookBytes;
        return new SessionHandle(context, (long)bytes, context.Length, costs);
    }

    protected override GenerationRequest Request(SessionHandle handle, int[] tokens) => new()
    {
        Prompt = (int[])[.. handle.Tokens, .. tokens],
        StorePrefix = false,
        Reading = Ask(handle.Tokens.Length),
    };

    protected override StageCosts Costs(SessionHandle handle, int[] tokens, int sampled)
    {
        var costs = Session.Shapes.Ask(handle.Tokens.Length - _again, tokens.Length + _again, sampled);
        return _policy.ShapesAnswer
            ? costs with { ReadBytes = Session.Shapes.Ask(share * handle.Tokens.Length, tokens.Length, sampled).ReadBytes }
            : costs;
    }

    private SparseReading Ask(int point) => new() { Policy = _policy, Share = share, Point = point };
}

using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression;

namespace Kvasir.Benchmarks.Sessions;

/// <summary>
/// A cache that a policy has made smaller at the end of the context. The engine keeps the whole context in its prefix cache and makes the
/// same selection again for every question, so that each sees what one frozen selection would have left; the costs are those of doing so.
/// </summary>
/// <param name="session">The engine.</param>
/// <param name="policy">Which rows stay.</param>
/// <param name="budget">Bytes that may stay, as a share of the whole cache; the positions of the kept rows count.</param>
internal sealed class CompressedSessionRunner(SessionEngine session, ICompressionPolicy policy, double budget) : ISessionRunner
{
    public async Task<SessionHandle> EncodeAsync(int[] context, CancellationToken cancellation)
    {
        var whole = new GenerationRequest { Prompt = context, MaxTokens = 1, IgnoreStopTokens = true };
        var (_, costs) = await session.RunAsync(whole, _ => session.Shapes.Ask(0, context.Length, 1), cancellation).ConfigureAwait(false);
        var empty = new SessionHandle(context, 0, RowsOf(context.Length), costs);
        var (answer, selecting) = await session.RunAsync(
            Request(empty, []) with { MaxTokens = 1, IgnoreStopTokens = true }, sampled => Costs(empty, 0, sampled), cancellation).ConfigureAwait(false);
        var kept = answer.Statistics.Compression!.KeptRows;
        return new SessionHandle(context, (long)(kept * (session.Shapes.BytesPerToken + PositionBytes)), kept, costs + selecting);
    }

    public async Task<SessionAnswer> AskAsync(SessionHandle handle, int[] tokens, int maxTokens, CancellationToken cancellation)
    {
        var (answer, costs) = await session.RunAsync(
            Request(handle, tokens) with { MaxTokens = maxTokens }, sampled => Costs(handle, tokens.Length, sampled), cancellation).ConfigureAwait(false);
        return new SessionAnswer([.. answer.Tokens], answer.Text, costs);
    }

    public Task<IReadOnlyList<float[]>> ReadAsync(SessionHandle handle, int[] tokens, int[] continuation, CancellationToken cancellation) => session.ReadAsync(
        Request(handle, tokens) with { MaxTokens = continuation.Length, Continuation = continuation, IgnoreStopTokens = true },
        sampled => Costs(handle, tokens.Length, sampled),
        cancellation);

    public Task ReleaseAsync(SessionHandle handle) => session.Engine.ClearCacheAsync();

    /// <summary>Bytes of the positions that a kept row takes along, over all layers.</summary>
    private int PositionBytes => sizeof(int) * session.Layout.Layers * (policy.PerHead ? session.Layout.KvHeads : 1);

    private int RowsOf(int rows) => Math.Max(1, (int)(rows * budget * session.Shapes.BytesPerToken / (session.Shapes.BytesPerToken + PositionBytes)));

    private GenerationRequest Request(SessionHandle handle, int[] tokens) => new()
    {
        Prompt = (int[])[.. handle.Tokens, .. tokens],
        StorePrefix = false,
        Compression = new KvCompression { Policy = policy, Rows = RowsOf(handle.Tokens.Length), Point = handle.Tokens.Length },
    };

    /// <summary>The context is found, but for the rows that the policy must see computed; the question and its answer see what was kept.</summary>
    private StageCosts Costs(SessionHandle handle, int tokens, int sampled)
    {
        var config = session.Engine.Config;
        var rows = handle.Tokens.Length;
        var compressor = policy.Start(new CompressionShape(config.Layers, config.QueryHeads, config.KvHeads, config.HeadDim, RowsOf(rows)));
        var found = compressor.NeedsColumnMass ? 0 : rows - Math.Clamp(compressor.WindowRows, 1, rows);
        var selecting = session.Shapes.Ask(found, rows - found, 0);
        return selecting + (session.Shapes.Ask(handle.Rows, tokens, sampled) with { FoundBytes = 0 });
    }
}

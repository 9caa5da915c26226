using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Sessions;

/// <summary>
/// A compressed cache: the exact context lies in the prefix cache, and every question goes on from what the policy keeps of it. The policy
/// sees the context and no question; it decides again for every question, and always the same.
/// </summary>
/// <param name="session">The engine.</param>
/// <param name="policy">Name of the policy.</param>
/// <param name="share">Bytes that may stay, as a share of the whole cache; the positions that rows take along count.</param>
/// <param name="profiles">What the policy stands on; null for what lies beside the model.</param>
internal sealed class CompressedSessionRunner(SessionEngine session, string policy, double share, ModelProfiles? profiles = null) : PromptSessionRunner(session)
{
    private int _again;

    public override async Task<SessionHandle> EncodeAsync(int[] context, CancellationToken cancellation)
    {
        var request = new GenerationRequest { Prompt = context, MaxTokens = 1, IgnoreStopTokens = true };
        var (_, costs) = await Session.RunAsync(request, _ => Session.Shapes.Ask(0, context.Length, 1), cancellation).ConfigureAwait(false);

        // The same once more shows what is kept, and how many rows are computed again to see it.
        using var generation = Session.Engine.Submit(request with { Compression = Ask(context.Length), StorePrefix = false });
        var answer = await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);
        _again = context.Length - answer.Statistics.ReusedTokens;
        Session.Expect(Session.Shapes.Ask(context.Length - _again, _again, 1));
        var kept = answer.Statistics.Compression!;
        return new SessionHandle(context, (long)(kept.RowBytes + (kept.KeptRows * PositionBytes)), kept.KeptRows, costs);
    }

    protected override GenerationRequest Request(SessionHandle handle, int[] tokens) => new()
    {
        Prompt = (int[])[.. handle.Tokens, .. tokens],
        StorePrefix = false,
        Compression = Ask(handle.Tokens.Length),
    };

    private ICompressionPolicy Policy => profiles is null ? Session.Policy(policy) : CompressionPolicies.Create(policy, profiles);

    /// <summary>Bytes of the positions of a kept row, over all layers.</summary>
    private int PositionBytes => sizeof(int) * Session.Layout.Layers * (Policy.PerHead ? Session.Layout.KvHeads : 1);

    /// <summary>What keeps all rows has their positions too, and its share is one of their bytes.</summary>
    private KvCompression Ask(int point)
    {
        var ask = new KvCompression { Policy = Policy, Point = point };
        return CompressionPolicies.KeepsAllRows(policy) ? ask with { Share = share } : ask with { Rows = RowsOf(point) };
    }

    private int RowsOf(int rows)
    {
        var bytes = rows * share * Session.Shapes.BytesPerToken;
        if (Policy.Packing is not { } packing)
            return Math.Max(1, (int)(bytes / (Session.Shapes.BytesPerToken + PositionBytes)));
        var packed = new PackedForm(packing.Bits, Session.Layout.HeadDim).RowBytes(Session.Layout, layer: 0) * Session.Layout.Layers;
        var most = rows;
        while (most > 1 && (packing.PackedRows(most) * packed) + ((most - packing.PackedRows(most)) * Session.Shapes.BytesPerToken) + (most * PositionBytes) > bytes)
            most--;
        return most;
    }

    protected override StageCosts Costs(SessionHandle handle, int[] tokens, int sampled)
    {
        var costs = Session.Shapes.Ask(handle.Tokens.Length - _again, tokens.Length + _again, sampled);
        return costs with { ReadBytes = Session.Shapes.Ask(handle.Rows, tokens.Length, sampled).ReadBytes };
    }
}

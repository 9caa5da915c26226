namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>What an agent's prompt did to rows: those of a dense run minus the base, in the position-free frame.</summary>
/// <param name="Placeholder">Of the text itself.</param>
/// <param name="Segment">Of the fixed segment behind it; null where none is predicted.</param>
public sealed record AnchorOffsets(FreeRows Placeholder, FreeRows? Segment)
{
    /// <summary>Their memory, bytes.</summary>
    public long Bytes => Placeholder.Bytes + (Segment?.Bytes ?? 0);
}

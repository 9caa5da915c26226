using System.Collections.Immutable;

namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>A text whose offsets are known: its base rows, and what each agent's prompt did to them. It never changes.</summary>
public sealed record Anchor
{
    /// <summary>Names the text.</summary>
    public required string Id { get; init; }

    /// <summary>Its rows as they were computed by themselves (or by their author).</summary>
    public required FreeRows Base { get; init; }

    /// <summary>Offsets by agent and place.</summary>
    public ImmutableDictionary<OffsetKey, AnchorOffsets> Offsets { get; init; } = ImmutableDictionary<OffsetKey, AnchorOffsets>.Empty;

    /// <summary>How often it was among those that made up the nucleus of a prediction.</summary>
    public long Uses { get; init; }

    /// <summary>Its place in the order of insertion.</summary>
    public long Order { get; init; }

    /// <summary>Its memory, bytes.</summary>
    public long Bytes => Base.Bytes + Offsets.Values.Sum(offsets => offsets.Bytes);
}

namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>How much of each anchor's offset goes into a row.</summary>
public abstract class OffsetWeights
{
    /// <summary>Adds the weighted offsets to a row's keys and values, all anchors in one pass over the row.</summary>
    /// <param name="offsets">Offsets, one an anchor.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="row">The row of the offsets.</param>
    /// <param name="key">Keys, position-free.</param>
    /// <param name="value">Values.</param>
    internal abstract void Add(IReadOnlyList<FreeRows> offsets, int layer, int row, Span<float> key, Span<float> value);
}

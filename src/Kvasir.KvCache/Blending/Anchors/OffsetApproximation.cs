namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>
/// Rows of a stretch of an agent's prompt as they are predicted: the base plus the weighted offsets of anchors (equations 6 and 7 of the paper).
/// </summary>
/// <remarks>
/// The sum is formed row by row in the position-free frame, so that no offset is rotated and no prediction is stored. By linearity of the
/// rotation this is exact also where a segment starts elsewhere than it did for the anchor. Layer 0 knows its token only and is left as it is.
/// </remarks>
/// <param name="baseRows">Base rows of the stretch.</param>
/// <param name="offsets">Offsets of the anchors, each of at least as many rows; none to leave the base as it is.</param>
/// <param name="weights">Their weights.</param>
public sealed class OffsetApproximation(FreeRows baseRows, IReadOnlyList<FreeRows> offsets, OffsetWeights weights)
{
    /// <summary>Rows of the stretch.</summary>
    public int Rows => baseRows.Rows;

    /// <summary>Layers of the model.</summary>
    public int Layers => baseRows.Layers;

    /// <summary>Anchors that it is made from.</summary>
    public int Anchors => offsets.Count;

    /// <summary>Gives a row.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="row">The row of the stretch.</param>
    /// <param name="key">Receives its keys, rotated to position 0.</param>
    /// <param name="value">Receives its values.</param>
    public void Read(int layer, int row, Span<float> key, Span<float> value)
    {
        baseRows.Key(layer, row).CopyTo(key);
        baseRows.Value(layer, row).CopyTo(value);
        if (layer > 0)
            weights.Add(offsets, layer, row, key, value);
    }
}

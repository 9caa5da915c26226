namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>One weight an anchor, for all rows.</summary>
/// <param name="weights">The weights.</param>
/// <param name="least">Anchors of less weight are left out.</param>
public sealed class AnchorWeights(IReadOnlyList<float> weights, float least) : OffsetWeights
{
    internal override void Add(IReadOnlyList<FreeRows> offsets, int layer, int row, Span<float> key, Span<float> value)
    {
        for (var anchor = 0; anchor < offsets.Count; anchor++)
        {
            var weight = weights[anchor];
            if (weight < least)
                continue;
            RowMath.Add(key, offsets[anchor].Key(layer, row), weight);
            RowMath.Add(value, offsets[anchor].Value(layer, row), weight);
        }
    }
}

namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>A weight for each token of a placeholder, one for its keys and one for its values.</summary>
public sealed class TokenWeights : OffsetWeights
{
    private readonly float[] _keys;
    private readonly float[] _values;
    private readonly int _anchors;
    private readonly float _least;

    private TokenWeights(int rows, int anchors, float least)
    {
        _keys = new float[rows * anchors];
        _values = new float[rows * anchors];
        _anchors = anchors;
        _least = least;
    }

    /// <summary>softmax over anchors of minus the mean absolute difference over layers, heads and channels.</summary>
    /// <param name="sample">Base rows of the text.</param>
    /// <param name="anchors">Base rows of the anchors, each at least as many.</param>
    /// <param name="settings">Parameters.</param>
    public static TokenWeights Of(FreeRows sample, IReadOnlyList<FreeRows> anchors, AnchorSettings settings)
    {
        var weights = new TokenWeights(sample.Rows, anchors.Count, settings.LeastWeight);
        foreach (var anchor in anchors)
            sample.RequireModelOf(anchor);
        Parallel.For(0, sample.Rows, row =>
        {
            var keys = weights.Of(weights._keys, row);
            var values = weights.Of(weights._values, row);
            for (var anchor = 0; anchor < anchors.Count; anchor++)
            {
                var (key, value) = (0.0, 0.0);
                for (var layer = 0; layer < sample.Layers; layer++)
                {
                    key += RowMath.AbsoluteDistance(sample.Key(layer, row), anchors[anchor].Key(layer, row));
                    value += RowMath.AbsoluteDistance(sample.Value(layer, row), anchors[anchor].Value(layer, row));
                }

                var count = sample.Layers * sample.Width;
                (keys[anchor], values[anchor]) = ((float)(key / count), (float)(value / count));
            }

            Softmax.FromDistances(keys, settings.Scale, settings.TokenTemperature);
            Softmax.FromDistances(values, settings.Scale, settings.TokenTemperature);
        });
        return weights;
    }

    /// <summary>The weights of a token's keys, one an anchor.</summary>
    public ReadOnlySpan<float> Keys(int row) => Of(_keys, row);

    /// <summary>The weights of a token's values, one an anchor.</summary>
    public ReadOnlySpan<float> Values(int row) => Of(_values, row);

    internal override void Add(IReadOnlyList<FreeRows> offsets, int layer, int row, Span<float> key, Span<float> value)
    {
        var keys = Keys(row);
        var values = Values(row);
        for (var anchor = 0; anchor < offsets.Count; anchor++)
        {
            if (keys[anchor] >= _least)
                RowMath.Add(key, offsets[anchor].Key(layer, row), keys[anchor]);
            if (values[anchor] >= _least)
                RowMath.Add(value, offsets[anchor].Value(layer, row), values[anchor]);
        }
    }

    private Span<float> Of(float[] weights, int row) => weights.AsSpan(row * _anchors, _anchors);
}

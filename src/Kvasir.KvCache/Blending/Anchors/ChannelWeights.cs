namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>A weight for each channel of each layer, for the segment behind a placeholder: channels in which an anchor's text is alike count more.</summary>
public sealed class ChannelWeights : OffsetWeights
{
    private readonly float[][][] _keys;
    private readonly float[][][] _values;

    private ChannelWeights(float[][][] keys, float[][][] values)
    {
        _keys = keys;
        _values = values;
    }

    /// <summary>softmax over anchors of minus the norm of the difference over tokens, the ends of the texts laid together.</summary>
    /// <param name="sample">Base rows of the text.</param>
    /// <param name="anchors">Base rows of the anchors, each at least as many.</param>
    /// <param name="settings">Parameters.</param>
    public static ChannelWeights Of(FreeRows sample, IReadOnlyList<FreeRows> anchors, AnchorSettings settings)
    {
        var (keys, values) = (new float[sample.Layers][][], new float[sample.Layers][][]);
        foreach (var anchor in anchors)
            sample.RequireModelOf(anchor);
        Parallel.For(0, sample.Layers, layer =>
        {
            keys[layer] = Weigh(sample, anchors, settings, (rows, row) => rows.Keys(layer)[(row * rows.Width)..]);
            values[layer] = Weigh(sample, anchors, settings, (rows, row) => rows.Values(layer)[(row * rows.Width)..]);
        });
        return new ChannelWeights(keys, values);
    }

    /// <summary>The weights of an anchor for the keys of a layer, one a channel.</summary>
    public ReadOnlySpan<float> Keys(int layer, int anchor) => _keys[layer][anchor];

    /// <summary>The weights of an anchor for the values of a layer, one a channel.</summary>
    public ReadOnlySpan<float> Values(int layer, int anchor) => _values[layer][anchor];

    internal override void Add(IReadOnlyList<FreeRows> offsets, int layer, int row, Span<float> key, Span<float> value)
    {
        for (var anchor = 0; anchor < offsets.Count; anchor++)
        {
            RowMath.Add(key, offsets[anchor].Key(layer, row), Keys(layer, anchor));
            RowMath.Add(value, offsets[anchor].Value(layer, row), Values(layer, anchor));
        }
    }

    private static float[][] Weigh(FreeRows sample, IReadOnlyList<FreeRows> anchors, AnchorSettings settings, Func<FreeRows, int, Span<float>> rowsFrom)
    {
        var weights = new float[anchors.Count][];
        for (var anchor = 0; anchor < weights.Length; anchor++)
        {
            var sums = weights[anchor] = new float[sample.Width];
            var behind = anchors[anchor].Rows - sample.Rows;
            for (var row = 0; row < sample.Rows; row++)
                RowMath.AddSquaredDifference(sums, rowsFrom(sample, row), rowsFrom(anchors[anchor], row + behind));
            foreach (ref var sum in sums.AsSpan())
                sum = MathF.Sqrt(sum);
        }

        var column = new float[weights.Length];
        for (var channel = 0; channel < sample.Width; channel++)
        {
            for (var anchor = 0; anchor < column.Length; anchor++)
                column[anchor] = weights[anchor][channel];
            Softmax.FromDistances(column, settings.Scale, settings.ChannelTemperature);
            for (var anchor = 0; anchor < column.Length; anchor++)
                weights[anchor][channel] = column[anchor];
        }

        return weights;
    }
}

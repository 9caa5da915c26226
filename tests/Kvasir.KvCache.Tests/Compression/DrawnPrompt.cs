using Kvasir.KvCache.Compression;

namespace Kvasir.KvCache.Tests.Compression;

/// <summary>Random keys, values and attention of a prompt, as policies see them.</summary>
internal sealed class DrawnPrompt : IKvRowSource
{
    private readonly float[][] _window;
    private readonly float[][] _mass;
    private int _layer;

    public DrawnPrompt(Random random, CompressionShape shape, int length, int windowRows)
    {
        (Shape, Length, WindowRows) = (shape, length, windowRows);
        _window = new float[shape.Layers][];
        _mass = new float[shape.Layers][];
        Keys = new float[shape.Layers, shape.KvHeads, length][];
        Values = new float[shape.Layers, shape.KvHeads, length][];
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            var sharpness = 1 + (4 * random.NextDouble()); // layers differ in what they want
            _window[layer] = new float[windowRows * shape.QueryHeads * length];
            for (var row = 0; row < windowRows * shape.QueryHeads; row++)
            {
                var seen = length - windowRows + (row / shape.QueryHeads) + 1;
                double[] weights = [.. Enumerable.Range(0, seen).Select(_ => Math.Exp(sharpness * random.NextDouble()))];
                for (var n = 0; n < seen; n++)
                    _window[layer][(row * length) + n] = (float)(weights[n] / weights.Sum());
            }

            _mass[layer] = [.. Enumerable.Range(0, shape.KvHeads * length).Select(_ => random.NextSingle())];
            for (var head = 0; head < shape.KvHeads; head++)
            {
                float[] drift = Draw();
                for (var row = 0; row < length; row++)
                {
                    // Neighbours are alike, so that some runs are nearly parallel.
                    drift = [.. drift.Zip(Draw(), (old, fresh) => (0.9f * old) + (0.3f * fresh))];
                    (Keys[layer, head, row], Values[layer, head, row]) = (drift, Draw());
                }
            }
        }

        float[] Draw() => [.. Enumerable.Range(0, shape.HeadDim).Select(_ => (2 * random.NextSingle()) - 1)];
    }

    public CompressionShape Shape { get; }

    public int Length { get; }

    public int WindowRows { get; }

    public float[,,][] Keys { get; }

    public float[,,][] Values { get; }

    public double Weight(int layer, int windowRow, int queryHead, int row) => _window[layer][(((windowRow * Shape.QueryHeads) + queryHead) * Length) + row];

    public double Mass(int layer, int head, int row) => _mass[layer][(head * Length) + row];

    public LayerSignals Signals(int layer, params int[] windowHeads)
    {
        _layer = layer;
        var window = windowHeads.Length == 0
            ? _window[layer]
            : [.. Enumerable.Range(0, WindowRows).SelectMany(row => windowHeads.SelectMany(head => _window[layer].AsSpan(((row * Shape.QueryHeads) + head) * Length, Length).ToArray()))];
        return new LayerSignals { Layer = layer, Length = Length, Window = window, WindowRows = WindowRows, WindowHeads = windowHeads, ColumnMass = _mass[layer], Rows = this };
    }

    /// <summary>Has a policy look at all layers and select.</summary>
    public RowSelection[] Run(ICompressionPolicy policy)
    {
        var compressor = policy.Start(Shape);
        for (var layer = 0; layer < Shape.Layers; layer++)
            compressor.Observe(Signals(layer, compressor.WindowHeads(layer)));
        return [.. Enumerable.Range(0, Shape.Layers).Select(layer => Select(compressor, layer, policy.PerHead ? Shape.KvHeads : 1))];
    }

    public RowSelection Select(Compressor compressor, int layer, int lanes, int observed = int.MaxValue)
    {
        _layer = layer;
        var selection = new RowSelection(lanes) { Rows = this };
        compressor.Select(layer, observed, selection);
        return selection;
    }

    public void Read(int head, int row, Span<float> key, Span<float> value)
    {
        Keys[_layer, head, row].CopyTo(key);
        Values[_layer, head, row].CopyTo(value);
    }

    public void KeyBounds(int head, int firstRow, int count, Span<float> smallest, Span<float> largest) => throw new NotSupportedException();
}

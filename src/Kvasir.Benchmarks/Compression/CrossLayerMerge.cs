using Kvasir.KvCache.Compression;

namespace Kvasir.Benchmarks.Compression;

/// <summary>
/// MiniCache (Liu et al. 2024, section 4) as far as answers see it: in the deeper half of the layers the rows of two neighbours have one direction, the
/// spherical mean of theirs, and their own lengths; rows that are far apart stay. Nothing is saved: the pool has no rows for two layers. Shows what that would cost.
/// </summary>
/// <param name="between">t: how far the direction lies on the way from the lower layer to the upper one.</param>
/// <param name="retained">Share of rows that stay, those with the largest angles.</param>
internal sealed class CrossLayerMerge(double between = 0.6, double retained = 0.05) : ICompressionPolicy
{
    private readonly double _between = between;
    private readonly double _retained = retained;

    /// <summary>Median cosines of two layers' keys and values at the same positions, by the upper layer and text by text.</summary>
    public List<(int Layer, double Keys, double Values)> Seen { get; } = [];

    public string Name => "minicache";

    public bool PerHead => true;

    public Compressor Start(CompressionShape shape) => new State(this, shape);

    /// <summary>The direction on the great circle, a part of the way from one unit vector to another; on the chord where they are parallel.</summary>
    internal static double[] Direction(double[] from, double[] to, double part)
    {
        var angle = Math.Acos(Math.Clamp(from.Zip(to, (a, b) => a * b).Sum(), -1, 1));
        var sine = Math.Sin(angle);
        var (one, other) = sine < 1e-6 ? (1 - part, part) : (Math.Sin((1 - part) * angle) / sine, Math.Sin(part * angle) / sine);
        return [.. from.Zip(to, (a, b) => (one * a) + (other * b))];
    }

    private static double Length(float[] vector) => Math.Max(1e-30, Math.Sqrt(vector.Sum(x => (double)x * x)));

    private static double[] Unit(float[] vector)
    {
        var length = Length(vector);
        return [.. vector.Select(x => x / length)];
    }

    private sealed class State(CrossLayerMerge owner, CompressionShape shape) : Compressor
    {
        private readonly List<(int Head, int Row, float[] Key, float[] Value)>[] _merged = [.. Enumerable.Range(0, shape.Layers).Select(_ => new List<(int, int, float[], float[])>())];
        private float[][]? _lowerKeys;
        private float[][]? _lowerValues;

        public override void Observe(in LayerSignals signals)
        {
            var (keys, values) = (new float[shape.KvHeads * signals.Length][], new float[shape.KvHeads * signals.Length][]);
            for (var i = 0; i < keys.Length; i++)
                signals.Rows.Read(i / signals.Length, i % signals.Length, keys[i] = new float[shape.HeadDim], values[i] = new float[shape.HeadDim]);
            var deep = signals.Layer - (shape.Layers / 2);
            if (_lowerKeys is { } lowerKeys && deep > 0 && deep % 2 == 1)
                owner.Seen.Add((signals.Layer, Merge(signals.Layer, signals.Length, lowerKeys, keys, ofKeys: true), Merge(signals.Layer, signals.Length, _lowerValues!, values, ofKeys: false)));
            (_lowerKeys, _lowerValues) = (keys, values);
        }

        public override void Select(int layer, int observed, RowSelection selection)
        {
            foreach (var (head, row, key, value) in _merged[layer])
                selection.Replace(head, row, key, value);
        }

        /// <summary>Merges two layers' vectors; returns the median of their cosines.</summary>
        private double Merge(int layer, int length, float[][] lower, float[][] upper, bool ofKeys)
        {
            double[] cosines = [.. lower.Zip(upper, (one, other) => Unit(one).Zip(Unit(other), (a, b) => a * b).Sum())];
            for (var head = 0; head < shape.KvHeads; head++)
            {
                var far = Enumerable.Range(0, length).OrderBy(row => cosines[(head * length) + row]).Take((int)(length * owner._retained)).ToHashSet();
                for (var row = 0; row < length; row++)
                {
                    var i = (head * length) + row;
                    var direction = far.Contains(row) ? null : Direction(Unit(lower[i]), Unit(upper[i]), owner._between);
                    Put(layer - 1, head, row, direction is null ? lower[i] : Scaled(direction, lower[i]), ofKeys);
                    Put(layer, head, row, direction is null ? upper[i] : Scaled(direction, upper[i]), ofKeys);
                }
            }

            return cosines.Order().ElementAt(cosines.Length / 2);
        }

        /// <summary>Keys come first; values complete them.</summary>
        private void Put(int layer, int head, int row, float[] vector, bool ofKeys)
        {
            var rows = _merged[layer];
            if (ofKeys)
                rows.Add((head, row, vector, vector));
            else
                rows[Index(rows, head, row)] = (head, row, rows[Index(rows, head, row)].Key, vector);
        }

        private int Index(List<(int Head, int Row, float[] Key, float[] Value)> rows, int head, int row) => (head * (rows.Count / shape.KvHeads)) + row;

        private static float[] Scaled(double[] direction, float[] own)
        {
            var length = Length(own);
            return [.. direction.Select(x => (float)(x * length))];
        }
    }
}

using Kvasir.KvCache.Compression;

namespace Kvasir.Benchmarks.Compression;

/// <summary>
/// Keeps all rows and rounds those before a window as a quantiser would, in place: for comparing the axes that scales run along. Values get
/// numbers that 2^bits levels between minimum and maximum of 32 neighbours allow; no byte is saved.
/// </summary>
/// <param name="name">Name in reports.</param>
/// <param name="bits">Bits a number.</param>
/// <param name="keysByChannel">True when 32 rows of a channel share a scale of keys; false when 32 channels of a row do.</param>
/// <param name="valuesByChannel">The same for values.</param>
/// <param name="frequencies">Of the model's rotation, to round keys as they were before it; null to round them as they are stored.</param>
internal sealed class AxisQuantisation(string name, int bits, bool keysByChannel, bool valuesByChannel, double[]? frequencies = null) : ICompressionPolicy
{
    private const int Group = 32;
    private const int Window = 32;

    public string Name => name;

    public bool PerHead => true;

    public Compressor Start(CompressionShape shape) => new State(this, shape);

    /// <summary>Rounds 32 rows.</summary>
    private void Round(float[][] rows, bool byChannel)
    {
        var headDim = rows[0].Length;
        if (byChannel)
        {
            for (var d = 0; d < headDim; d++)
                Round([.. rows.Select(row => row[d])], (i, value) => rows[i][d] = value);
            return;
        }

        foreach (var row in rows)
        {
            for (var d = 0; d < headDim; d += Group)
            {
                var first = d;
                Round(row[first..(first + Group)], (i, value) => row[first + i] = value);
            }
        }
    }

    private void Round(float[] numbers, Action<int, float> set)
    {
        var (least, most) = (numbers.Min(), numbers.Max());
        var step = (most - least) / ((1 << bits) - 1);
        for (var i = 0; i < numbers.Length; i++)
            set(i, step > 0 ? least + (step * MathF.Round((numbers[i] - least) / step)) : least);
    }

    /// <summary>Rotates a key by a number of positions.</summary>
    public static void Turn(float[] key, double[] frequencies, int positions)
    {
        var half = frequencies.Length;
        for (var i = 0; i < half; i++)
        {
            var (sin, cos) = Math.SinCos(positions * frequencies[i]);
            var (a, b) = (key[i], key[i + half]);
            (key[i], key[i + half]) = ((float)((a * cos) - (b * sin)), (float)((a * sin) + (b * cos)));
        }
    }

    private sealed class State(AxisQuantisation how, CompressionShape shape) : Compressor
    {
        private readonly List<RowSelection.MergedRow>[] _rows = new List<RowSelection.MergedRow>[shape.Layers];
        private int _length;

        public override void Observe(in LayerSignals signals)
        {
            _length = signals.Length;
            var rounded = _rows[signals.Layer] = [];
            for (var head = 0; head < shape.KvHeads; head++)
            {
                for (var first = 0; first + Group + Window <= _length; first += Group)
                {
                    var keys = new float[Group][];
                    var values = new float[Group][];
                    for (var i = 0; i < Group; i++)
                    {
                        signals.Rows.Read(head, first + i, keys[i] = new float[shape.HeadDim], values[i] = new float[shape.HeadDim]);
                        if (how.Frequencies is { } frequencies)
                            Turn(keys[i], frequencies, -(first + i));
                    }

                    how.Round(keys, how.KeysByChannel);
                    how.Round(values, how.ValuesByChannel);
                    for (var i = 0; i < Group; i++)
                    {
                        if (how.Frequencies is { } frequencies)
                            Turn(keys[i], frequencies, first + i);
                        rounded.Add(new RowSelection.MergedRow(head, first + i, keys[i], values[i], 0));
                    }
                }
            }
        }

        public override void Select(int layer, int observed, RowSelection selection)
        {
            for (var head = 0; head < shape.KvHeads; head++)
                selection.Keep(head).AddRange(Enumerable.Range(0, _length));
            foreach (var row in _rows[layer])
                selection.Replace(row.Head, row.Row, row.Key, row.Value);
        }
    }

    private double[]? Frequencies => frequencies;

    private bool KeysByChannel => keysByChannel;

    private bool ValuesByChannel => valuesByChannel;
}

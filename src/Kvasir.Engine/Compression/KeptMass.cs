using Kvasir.KvCache.Compression;

namespace Kvasir.Engine.Compression;

/// <summary>
/// How much of the attention seen at the compress point lay on rows that are kept: the quality probe of compression (G2). Of KV heads of which no
/// query head was looked at nothing is known; they do not count.
/// </summary>
internal sealed class KeptMass(CompressionShape shape)
{
    private readonly float[]?[] _mass = new float[shape.Layers][];
    private readonly double[] _shares = new double[shape.Layers];
    private int _length;

    /// <summary>Mean share over layers and heads; null when no attention was looked at.</summary>
    public double? Share => _mass[0] is null ? null : _shares.Average();

    /// <summary>Notes the window's mass on every row, or where there is no window that of all rows, by KV head.</summary>
    public void Observe(in LayerSignals signals)
    {
        _length = signals.Length;
        if (signals.WindowRows == 0)
        {
            _mass[signals.Layer] = signals.ColumnMass.IsEmpty ? null : signals.ColumnMass.ToArray();
            return;
        }

        var mass = new float[shape.KvHeads * _length];
        for (var head = 0; head < shape.KvHeads; head++)
            WindowScores.OfHead(signals, shape, head, mass.AsSpan(head * _length, _length));
        _mass[signals.Layer] = mass;
    }

    /// <summary>Counts what a selection keeps; called again when it shrinks.</summary>
    public void Count(int layer, RowSelection selection)
    {
        if (_mass[layer] is not { } mass)
            return;
        double share = 0;
        var known = 0;
        for (var head = 0; head < shape.KvHeads; head++)
        {
            var own = mass.AsSpan(head * _length, _length);
            double all = 0;
            foreach (var weight in own)
                all += weight;
            if (all == 0)
                continue;
            known++;
            if (selection.Kept(selection.Lanes == 1 ? 0 : head) is not { } rows)
            {
                share += 1;
                continue;
            }

            double kept = 0;
            foreach (var row in rows)
                kept += own[row];
            share += kept / all;
        }

        _shares[layer] = known > 0 ? share / known : 1;
    }
}

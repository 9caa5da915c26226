namespace Kvasir.Numerics.Attention;

/// <summary>
/// Rotary embedding (Su et al. 2021): cosines and sines of every position, for half-split pairs (i, i + rotaryDim / 2). The bits of a
/// position's entry depend on the frequencies only, never on how long a sequence is.
/// </summary>
public sealed unsafe class RopeTable : IDisposable
{
    private readonly double[] _frequencies;
    private readonly NativeBuffer _table;

    /// <summary>Computes the table for positions <c>[0, positions)</c>.</summary>
    /// <param name="frequencies">Radians a position, <c>[rotaryDim / 2]</c>.</param>
    /// <param name="positions">Number of positions.</param>
    /// <param name="attentionFactor">Factor on cosines and sines (YaRN's mscale); usually 1.</param>
    public RopeTable(ReadOnlySpan<double> frequencies, int positions, float attentionFactor = 1)
    {
        ArgumentOutOfRangeException.ThrowIfZero(frequencies.Length);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(positions);
        _frequencies = frequencies.ToArray();
        Positions = positions;
        _table = new NativeBuffer((nuint)positions * (nuint)(2 * Half) * sizeof(float));
        for (var position = 0; position < positions; position++)
            Fill(position, attentionFactor, (float*)_table.Pointer + ((long)position * 2 * Half));
    }

    /// <summary>Pairs a head.</summary>
    public int Half => _frequencies.Length;

    /// <summary>Positions in the table.</summary>
    public int Positions { get; }

    /// <summary>Cosines <c>[Half]</c> of a position, followed by its sines <c>[Half]</c>.</summary>
    public float* At(int position)
    {
        if ((uint)position >= (uint)Positions)
            throw new ArgumentOutOfRangeException(nameof(position), position, $"the rope table has {Positions} positions");
        return (float*)_table.Pointer + ((long)position * 2 * Half);
    }

    /// <summary>Rotation by any number of positions, also negative, as <see cref="At"/> lays it out and without the attention factor.</summary>
    public void Rotation(int offset, float* cosSin) => Fill(offset, 1, cosSin);

    /// <summary>Takes the rotation of a position, and the attention factor, from keys.</summary>
    /// <param name="keys">Keys <c>[heads, headDim]</c>, in place.</param>
    /// <param name="headDim">Dimensions of a head.</param>
    /// <param name="position">The position that they are rotated at.</param>
    public void TurnBack(Span<float> keys, int headDim, int position)
    {
        var cos = At(position);
        var sin = cos + Half;
        for (var head = 0; head < keys.Length; head += headDim)
        {
            for (var i = 0; i < Half; i++)
            {
                var (x, y) = ((double)keys[head + i], (double)keys[head + Half + i]);
                var square = ((double)cos[i] * cos[i]) + ((double)sin[i] * sin[i]);
                keys[head + i] = (float)(((x * cos[i]) + (y * sin[i])) / square);
                keys[head + Half + i] = (float)(((y * cos[i]) - (x * sin[i])) / square);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _table.Dispose();

    private void Fill(int position, float factor, float* cosSin)
    {
        for (var i = 0; i < Half; i++)
        {
            var (sin, cos) = Elementary.SinCos(position * _frequencies[i]);
            cosSin[i] = (float)cos * factor;
            cosSin[Half + i] = (float)sin * factor;
        }
    }
}

using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>The scales and minima of one super-block of 256 values, as they are stored: integers times two binary16 factors.</summary>
internal sealed class SuperBlockGrid(DataType type)
{
    private readonly int[] _scales = new int[8 * type.ScalesPerBlock];
    private readonly int[] _minima = new int[8 * type.ScalesPerBlock];

    /// <summary>Values that have a scale of their own.</summary>
    public int Width => SuperBlockCodec.Elements / Count;

    /// <summary>Scales.</summary>
    public int Count => _scales.Length;

    /// <summary>Bits of the factor of the scales.</summary>
    public ushort Factor { get; set; }

    /// <summary>Bits of the factor of the minima.</summary>
    public ushort MinimumFactor { get; set; }

    public Span<int> Scales => _scales;

    public Span<int> Minima => _minima;

    /// <summary>The levels of the values of one scale.</summary>
    public BlockGrid this[int index] => At(_scales[index], _minima[index]);

    /// <summary>The levels under other integers.</summary>
    public BlockGrid At(int scale, int minimum) =>
        new(type, Float16.ToSingle(Factor) * scale, -(Float16.ToSingle(MinimumFactor) * minimum));

    public void CopyFrom(SuperBlockGrid other)
    {
        (Factor, MinimumFactor) = (other.Factor, other.MinimumFactor);
        other._scales.CopyTo(_scales, 0);
        other._minima.CopyTo(_minima, 0);
    }

    /// <summary>Writes the super-block with the chosen levels of its 256 values.</summary>
    public void Pack(ReadOnlySpan<byte> quants, Span<byte> destination) =>
        SuperBlockPacker.Pack(type, Factor, MinimumFactor, _scales, _minima, quants, destination);
}

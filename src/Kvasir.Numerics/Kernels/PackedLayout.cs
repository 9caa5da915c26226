namespace Kvasir.Numerics.Kernels;

/// <summary>
/// Where the pieces of a packed block lie: 32 k of a panel's 32 columns, byte offsets from the block's start, each on a cache line. A kernel
/// that streams weights reads one ascending run of memory a panel.
/// </summary>
/// <remarks>
/// Values are unsigned, four consecutive k of a column side by side: <c>[8 groups][2 × 16 columns][4 k]</c>. With 4 bits, group g is in the
/// low and group g + 4 in the high nibbles of vector g. Then fifth bits <c>[2 × 16 columns][4 k]</c>, where bit g belongs to group g,
/// scales (binary16 <c>[32 columns]</c>) and minima.
/// </remarks>
/// <param name="High">Fifth bits.</param>
/// <param name="Scales">Scales.</param>
/// <param name="Minima">Minima.</param>
/// <param name="Bytes">Of a block, whole cache lines.</param>
internal readonly record struct PackedLayout(int High, int Scales, int Minima, int Bytes)
{
    /// <summary>The layout of a quantised type.</summary>
    public static PackedLayout Of(DataType type)
    {
        var high = type == DataType.Q8_0 ? 1024 : 512;
        var scales = high + (type.HasFifthBits ? 128 : 0);
        var minima = scales + 64;
        return new PackedLayout(high, scales, minima, minima + (type.HasMinimum ? 64 : 0));
    }
}

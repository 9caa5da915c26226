namespace Kvasir.Numerics;

/// <summary>The plain rule of the blocks with a <see cref="LevelTable"/>: the extreme value sets the scale, each value takes the nearest level.</summary>
internal static class TableEncoder
{
    private const float LowestLevel = -127;

    /// <summary>Chooses the numbers of a block's levels and returns the bits of its scale, as <see cref="BlockCodec.Scale"/> reads them.</summary>
    public static ushort Choose(DataType type, ReadOnlySpan<float> x, Span<byte> quants)
    {
        float extreme = Extreme(x);
        ushort bits = type == DataType.MXFP4 ? PowerBelow(Math.Abs(extreme)) : Float16.FromSingle(extreme / LowestLevel);
        Choose(type, x, BlockCodec.Scale(type, bits), quants);
        return bits;
    }

    /// <summary>Chooses the numbers of the levels under a scale.</summary>
    public static void Choose(DataType type, ReadOnlySpan<float> x, float scale, Span<byte> quants)
    {
        var levels = LevelTable.Of(type);
        for (int i = 0; i < x.Length; i++)
            quants[i] = LevelTable.Nearest(levels, scale == 0 ? 0 : x[i] / scale);
    }

    /// <summary>The scale that puts the extreme value of a block on the level that lies farthest from zero.</summary>
    public static float ScaleOf(ReadOnlySpan<float> x) => Extreme(x) / LowestLevel;

    private static float Extreme(ReadOnlySpan<float> x)
    {
        float extreme = 0;
        foreach (float v in x)
            extreme = Math.Abs(v) > Math.Abs(extreme) ? v : extreme;
        return extreme;
    }

    /// <summary>Half of 2^(floor(log2 m) - 2), the rule of the Microscaling specification (values above 6 saturate), as a bfloat16.</summary>
    private static ushort PowerBelow(float magnitude)
    {
        int exponent = BitConverter.SingleToInt32Bits(magnitude) >> 23;
        return BFloat16.FromSingle(BitConverter.Int32BitsToSingle(exponent > 3 ? (exponent - 3) << 23 : 0x0020_0000));
    }
}

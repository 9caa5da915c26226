namespace Kvasir.Numerics;

/// <summary>What the sixteen numbers of the types with a table stand for, in units of the block's scale.</summary>
public static class LevelTable
{
    /// <summary>The sixteen values of the type.</summary>
    /// <exception cref="ArgumentException">The type has no table.</exception>
    public static ReadOnlySpan<sbyte> Of(DataType type) => type switch
    {
        DataType.IQ4_NL or DataType.IQ4_XS => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113],

        // E2M1, doubled so that all are whole; the scale is halved.
        DataType.MXFP4 => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12],
        _ => throw new ArgumentException($"{type.Name} has no table of levels"),
    };

    /// <summary>The number of the level that is nearest to a value; of two, the lower number.</summary>
    public static byte Nearest(ReadOnlySpan<sbyte> levels, float value)
    {
        int best = 0;
        for (int i = 1; i < levels.Length; i++)
        {
            if (Math.Abs(levels[i] - value) < Math.Abs(levels[best] - value))
                best = i;
        }

        return (byte)best;
    }
}

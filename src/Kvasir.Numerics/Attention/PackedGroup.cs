namespace Kvasir.Numerics.Attention;

/// <summary>Rows that are about to be packed.</summary>
/// <param name="keys">Keys as they lie, rotated, <c>[heads, 32, headDim]</c>.</param>
/// <param name="values">Values, likewise.</param>
/// <param name="position">Position of the first row; the others follow it.</param>
public readonly ref struct PackedGroup(ReadOnlySpan<float> keys, ReadOnlySpan<float> values, int position)
{
    /// <summary>Keys.</summary>
    public readonly ReadOnlySpan<float> Keys = keys;

    /// <summary>Values.</summary>
    public readonly ReadOnlySpan<float> Values = values;

    /// <summary>Position of the first row.</summary>
    public readonly int Position = position;
}

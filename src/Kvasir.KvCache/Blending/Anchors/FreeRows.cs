namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>
/// Keys and values of a stretch of text in managed memory and binary32: <c>[layers, rows, width]</c> each, the keys rotated to position 0, so that
/// rows of texts that stood at different positions can be compared, subtracted and added.
/// </summary>
public sealed class FreeRows
{
    private readonly float[][] _keys;
    private readonly float[][] _values;

    /// <summary>Makes rows of zeros.</summary>
    /// <param name="layers">Layers of the model, at least 1.</param>
    /// <param name="rows">Tokens.</param>
    /// <param name="width">Elements of a row's keys, and of its values: KV heads times head dimension.</param>
    public FreeRows(int layers, int rows, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        (Layers, Rows, Width) = (layers, rows, width);
        _keys = Make();
        _values = Make();

        float[][] Make()
        {
            var made = new float[layers][];
            for (var layer = 0; layer < layers; layer++)
                made[layer] = new float[checked(rows * width)];
            return made;
        }
    }

    /// <summary>Layers of the model.</summary>
    public int Layers { get; }

    /// <summary>Tokens.</summary>
    public int Rows { get; }

    /// <summary>Elements of a row's keys, and of its values.</summary>
    public int Width { get; }

    /// <summary>Memory of the elements, bytes.</summary>
    public long Bytes => 2L * sizeof(float) * Layers * Rows * Width;

    /// <summary>The keys of a layer, <c>[rows, width]</c>.</summary>
    public Span<float> Keys(int layer) => _keys[layer];

    /// <summary>The values of a layer, <c>[rows, width]</c>.</summary>
    public Span<float> Values(int layer) => _values[layer];

    /// <summary>The keys of a row, <see cref="Width"/> elements.</summary>
    public Span<float> Key(int layer, int row) => _keys[layer].AsSpan(row * Width, Width);

    /// <summary>The values of a row, <see cref="Width"/> elements.</summary>
    public Span<float> Value(int layer, int row) => _values[layer].AsSpan(row * Width, Width);

    /// <summary>This minus <paramref name="other"/>, over the rows that both have; in binary32, so that no digits are lost to a shorter type.</summary>
    /// <exception cref="ArgumentException">They belong to different models.</exception>
    public FreeRows Minus(FreeRows other)
    {
        RequireModelOf(other);
        var difference = new FreeRows(Layers, Math.Min(Rows, other.Rows), Width);
        for (var layer = 0; layer < Layers; layer++)
        {
            RowMath.Subtract(Keys(layer), other.Keys(layer), difference.Keys(layer));
            RowMath.Subtract(Values(layer), other.Values(layer), difference.Values(layer));
        }

        return difference;
    }

    /// <summary>The first rows; itself when it has no more.</summary>
    public FreeRows First(int rows)
    {
        if (rows >= Rows)
            return this;
        var first = new FreeRows(Layers, rows, Width);
        for (var layer = 0; layer < Layers; layer++)
        {
            Keys(layer)[..(rows * Width)].CopyTo(first.Keys(layer));
            Values(layer)[..(rows * Width)].CopyTo(first.Values(layer));
        }

        return first;
    }

    /// <summary>Refuses rows of another model.</summary>
    /// <exception cref="ArgumentException">Layers or width differ.</exception>
    internal void RequireModelOf(FreeRows other)
    {
        if (other.Layers != Layers || other.Width != Width)
            throw new ArgumentException($"rows of {other.Layers} layers and width {other.Width} do not go with {Layers} layers and width {Width}: they belong to another model", nameof(other));
    }
}

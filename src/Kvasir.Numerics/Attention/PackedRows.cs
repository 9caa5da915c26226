namespace Kvasir.Numerics.Attention;

/// <summary>Encodes and decodes groups of rows in <see cref="PackedForm"/>, one number after the other: the reference of the tile loader.</summary>
public static unsafe class PackedRows
{
    private const int Rows = PackedForm.GroupRows;

    /// <summary>Encodes one head of a group of rows. The bytes depend on these rows only.</summary>
    /// <param name="form">The form.</param>
    /// <param name="keys">Keys <c>[32, headDim]</c>.</param>
    /// <param name="values">Values <c>[32, headDim]</c>.</param>
    /// <param name="group">Receives <see cref="PackedForm.GroupBytes"/> bytes.</param>
    public static void Encode(in PackedForm form, ReadOnlySpan<float> keys, ReadOnlySpan<float> values, byte* group)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(keys.Length, Rows * form.HeadDim);
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, Rows * form.HeadDim);
        new Span<byte>(group, form.GroupBytes).Clear();
        Span<float> line = stackalloc float[Rows];
        for (var i = 0; i < form.HeadDim; i++)
        {
            for (var row = 0; row < Rows; row++)
                line[row] = keys[(row * form.HeadDim) + i];
            EncodeLine(form, line, i, group);
            EncodeLine(form, values.Slice(i * Rows, Rows), i, group + form.PartBytes);
        }
    }

    /// <summary>Decodes one row of a group.</summary>
    /// <param name="form">The form.</param>
    /// <param name="group">The group.</param>
    /// <param name="row">Row of it, 0 to 31.</param>
    /// <param name="key">Receives <c>[headDim]</c>.</param>
    /// <param name="value">Receives <c>[headDim]</c>.</param>
    public static void Read(in PackedForm form, byte* group, int row, Span<float> key, Span<float> value)
    {
        for (var d = 0; d < form.HeadDim; d++)
        {
            key[d] = Number(form, group, d, row);
            value[d] = Number(form, group + form.PartBytes, (row * form.HeadDim / Rows) + (d / Rows), d % Rows);
        }
    }

    /// <summary>One number of a part.</summary>
    internal static float Number(in PackedForm form, byte* part, int line, int number)
    {
        var unit = part + form.HeaderBytes + (line / form.LinesPerUnit * PackedForm.UnitBytes);
        var code = (unit[number % PackedForm.UnitBytes] >> Shift(form, line, number)) & form.MaxCode;
        return MathF.FusedMultiplyAdd(code, Float16.ToSingle(((ushort*)part)[line]), Float16.ToSingle(((ushort*)part)[form.HeadDim + line]));
    }

    /// <summary>
    /// Minimum and scale are taken as they are stored, codes are rounded to nearest, ties to even. A line with a NaN is all NaN.
    /// </summary>
    private static void EncodeLine(in PackedForm form, ReadOnlySpan<float> line, int index, byte* part)
    {
        float low = line[0], high = line[0];
        foreach (var x in line)
        {
            low = MathF.Min(low, x);
            high = MathF.Max(high, x);
        }

        var minimumBits = Float16.FromSingle(low);
        var minimum = Float16.ToSingle(minimumBits);
        var scaleBits = Float16.FromSingle((high - low) / form.MaxCode);
        var scale = Float16.ToSingle(scaleBits);
        ((ushort*)part)[index] = scaleBits;
        ((ushort*)part)[form.HeadDim + index] = minimumBits;
        var unit = part + form.HeaderBytes + (index / form.LinesPerUnit * PackedForm.UnitBytes);
        for (var i = 0; i < Rows; i++)
        {
            var code = scale > 0 ? MathF.Round((line[i] - minimum) / scale, MidpointRounding.ToEven) : 0;
            var level = code >= form.MaxCode ? form.MaxCode : code > 0 ? (int)code : 0;
            unit[i % PackedForm.UnitBytes] |= (byte)(level << Shift(form, index, i));
        }
    }

    private static int Shift(in PackedForm form, int line, int number) =>
        form.Bits * ((2 * (line % form.LinesPerUnit)) + (number / PackedForm.UnitBytes));
}

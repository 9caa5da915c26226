using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// A matrix of 8-bit floating-point numbers with a scale for all, for each row, or for each tile (<c>weight_scale</c>, or
/// <c>weight_scale_inv</c>, which multiplies too). With scales that are powers of two, or none, every value is a bfloat16; otherwise values
/// become binary32, rounded once by the multiplication.
/// </summary>
internal sealed unsafe class Float8Matrix : ConvertedMatrix
{
    private const float SmallestScale = 1e-18f;
    private const float LargestScale = 1e18f;

    private readonly RawTensor _weight;
    private readonly float[] _scales;
    private readonly int _tileRows;
    private readonly int _tileColumns;
    private readonly int _tilesAcross;

    private Float8Matrix(RawTensor[] sources, DataType type, float[] scales, int tileRows, int tileColumns)
        : base(sources, type, (int)sources[0].Shape[0], (int)sources[0].Shape[1])
    {
        _weight = sources[0];
        _scales = scales;
        (_tileRows, _tileColumns) = (tileRows, tileColumns);
        _tilesAcross = (Columns + tileColumns - 1) / tileColumns;
    }

    /// <param name="weight">The matrix <c>[rows, columns]</c>.</param>
    /// <param name="scale">Of one element, <c>[rows]</c>, <c>[rows, 1]</c>, or one a tile; null for none.</param>
    /// <param name="tile">Rows and columns of a tile, as the configuration says; null when it says none.</param>
    public static Float8Matrix Of(RawTensor weight, RawTensor? scale, (int Rows, int Columns)? tile)
    {
        if (weight.Shape is not [> 0 and <= int.MaxValue, > 0 and <= int.MaxValue])
            throw weight.Error($"{weight.Kind} {weight.ShapeText}; a matrix was expected");
        int rows = (int)weight.Shape[0], columns = (int)weight.Shape[1];
        if (scale is null)
            return new Float8Matrix([weight], DataType.BF16, [1], rows, columns);

        var (tileRows, tileColumns) = scale.Elements == 1 ? (rows, columns)
            : IsShape(scale, rows) || IsShape(scale, rows, 1) ? (1, columns)
            : tile is { } t && IsShape(scale, Tiles(rows, t.Rows), Tiles(columns, t.Columns)) ? t
            : throw scale.Error($"{scale.ShapeText}, which fits neither the {rows} rows nor the tiles of {weight.ShapeText}");
        var scales = scale.Floats();
        bool exact = scales.All(s => s is >= SmallestScale and <= LargestScale && (BitConverter.SingleToInt32Bits(s) & 0x7F_FFFF) == 0);
        return new Float8Matrix([weight, scale], exact ? DataType.BF16 : DataType.F32, scales, tileRows, tileColumns);
    }

    protected override void WriteRows(int first, int count, byte* to)
    {
        var values = Float8.Values(_weight.Kind);
        for (int row = first; row < first + count; row++)
        {
            byte* from = _weight.Data + ((long)row * Columns);
            var scales = _scales.AsSpan(row / _tileRows * _tilesAcross, _tilesAcross);
            for (int column = 0; column < Columns; column++, to += Type.BlockBytes)
            {
                float value = values[from[column]] * scales[column / _tileColumns];
                if (Type == DataType.F32)
                    *(float*)to = value;
                else
                    *(ushort*)to = BFloat16.FromSingle(value);
            }
        }
    }

    private static bool IsShape(RawTensor tensor, params long[] shape) => tensor.Shape.AsSpan().SequenceEqual(shape);

    private static int Tiles(int length, int tile) => (length + tile - 1) / tile;
}

using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>Rows of a matrix where it lies in a file, in the model's order.</summary>
internal static unsafe class MatrixRows
{
    /// <summary>The bytes of a row; not for matrices that are stored transposed.</summary>
    public static ReadOnlySpan<byte> Stored(in MatrixSource matrix, int row) =>
        new((byte*)matrix.Data + (matrix.RowBytes * (matrix.RowOrder?[row] ?? row)), (int)matrix.RowBytes);

    /// <summary>Decodes a row of <c>matrix.Columns</c> elements.</summary>
    public static void Read(in MatrixSource matrix, int row, Span<float> destination)
    {
        if (matrix.Stride == 0)
        {
            BlockCodec.DecodeRow(matrix.Type, Stored(matrix, row), destination);
            return;
        }

        int size = matrix.Type.BlockBytes;
        byte* first = (byte*)matrix.Data + ((long)size * (matrix.RowOrder?[row] ?? row));
        for (int column = 0; column < matrix.Columns; column++)
            BlockCodec.DecodeRow(matrix.Type, new ReadOnlySpan<byte>(first + ((long)column * matrix.Stride * size), size), destination.Slice(column, 1));
    }
}

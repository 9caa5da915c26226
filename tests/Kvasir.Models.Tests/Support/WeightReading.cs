using Kvasir.Numerics;

namespace Kvasir.Models.Tests.Support;

internal static class WeightReading
{
    /// <summary>A matrix, decoded, its rows in the model's order: <c>[rows][columns]</c>.</summary>
    public static unsafe float[][] Decode(this ModelFile model, WeightRole role, int layer = -1)
    {
        var matrix = model.GetMatrix(role, layer);
        var rows = new float[matrix.Rows][];
        for (int r = 0; r < rows.Length; r++)
        {
            rows[r] = new float[matrix.Columns];
            byte* row = (byte*)matrix.Data + ((matrix.RowOrder?[r] ?? r) * matrix.RowBytes);
            BlockCodec.DecodeRow(matrix.Type, new ReadOnlySpan<byte>(row, (int)matrix.RowBytes), rows[r]);
        }

        return rows;
    }
}

using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>Encodes the rows of one matrix. Rows do not depend on each other.</summary>
public interface IRowRounding
{
    /// <summary>Encodes a row.</summary>
    /// <param name="type">A block type.</param>
    /// <param name="row">K weights.</param>
    /// <param name="destination">The row's bytes, <c>type.RowBytes(K)</c>.</param>
    void EncodeRow(DataType type, ReadOnlySpan<float> row, Span<byte> destination);
}

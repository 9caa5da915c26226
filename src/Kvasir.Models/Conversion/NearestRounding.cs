using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>The plain rule: the block's largest magnitude or range sets the scale, each value takes the nearest level.</summary>
public sealed class NearestRounding : IBlockRounding, IRowRounding
{
    public string Name => "nearest";

    public IRowRounding ForMatrix(WeightRole role, int layer, int columns) => this;

    public void EncodeRow(DataType type, ReadOnlySpan<float> row, Span<byte> destination) => BlockCodec.EncodeRow(type, row, destination);
}

using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// Searches every block's scale (and minimum) for the least weighted squared error, the weights being the mean squared activations
/// of the columns where they are known. Values take the nearest level.
/// </summary>
public sealed class SearchedRounding(IImportanceSource? importance = null) : IBlockRounding
{
    public string Name => "searched";

    public IRowRounding ForMatrix(WeightRole role, int layer, int columns)
    {
        var weights = importance?.Importance(role, layer);
        if (weights is not null && weights.Length != columns)
            throw new ArgumentException($"the importance of {role} in layer {layer} has {weights.Length} values for {columns} columns");
        return new Rows(BlockGridSearch.Normalise(weights, columns));
    }

    private sealed class Rows(float[] weights) : IRowRounding
    {
        public void EncodeRow(DataType type, ReadOnlySpan<float> row, Span<byte> destination)
        {
            Span<byte> quants = stackalloc byte[BlockCodec.Block];
            for (int b = 0; b < row.Length / BlockCodec.Block; b++)
            {
                var x = row.Slice(b * BlockCodec.Block, BlockCodec.Block);
                var grid = BlockGridSearch.Find(type, x, weights.AsSpan(b * BlockCodec.Block, BlockCodec.Block));
                for (int i = 0; i < BlockCodec.Block; i++)
                    quants[i] = grid.Quantise(x[i]);
                BlockCodec.PackBlock(type, grid.ScaleBits, grid.MinimumBits, quants, destination.Slice(b * type.BlockBytes, type.BlockBytes));
            }
        }
    }
}

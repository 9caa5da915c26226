using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// Searches every block's scale (and minimum) for the least weighted squared error, the weights being the mean squared activations
/// of the columns where they are known: then the error is that of the outputs, if columns are taken to be independent. Values take the
/// nearest level.
/// </summary>
public sealed class SearchedRounding(IImportanceSource? importance = null) : IBlockRounding
{
    public string Name => "searched";

    public IRowRounding ForMatrix(WeightRole role, int layer, int columns) =>
        new Rows(BlockGridSearch.Normalise(ImportanceOf(importance, role, layer, columns), columns));

    /// <summary>The importance of a matrix's columns, or null when it is not known.</summary>
    /// <exception cref="ArgumentException">It is of another matrix.</exception>
    internal static float[]? ImportanceOf(IImportanceSource? importance, WeightRole role, int layer, int columns)
    {
        var weights = importance?.Importance(role, layer);
        return weights is null || weights.Length == columns
            ? weights
            : throw new ArgumentException($"the importance of {role} in layer {layer} has {weights.Length} values for {columns} columns");
    }

    private sealed class Rows(float[] weights) : IRowRounding
    {
        public void EncodeRow(DataType type, ReadOnlySpan<float> row, Span<byte> destination)
        {
            if (type.HasSuperBlocks)
            {
                EncodeSuperBlocks(type, row, destination);
                return;
            }

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

        private void EncodeSuperBlocks(DataType type, ReadOnlySpan<float> row, Span<byte> destination)
        {
            var search = new SuperBlockSearch(type);
            Span<byte> quants = stackalloc byte[SuperBlockCodec.Elements];
            for (int b = 0; b < row.Length / SuperBlockCodec.Elements; b++)
            {
                var x = row.Slice(b * SuperBlockCodec.Elements, SuperBlockCodec.Elements);
                search.Find(x, weights.AsSpan(b * SuperBlockCodec.Elements, SuperBlockCodec.Elements));
                for (int i = 0; i < x.Length; i++)
                    quants[i] = search.Best[i / search.Best.Width].Quantise(x[i]);
                search.Best.Pack(quants, destination.Slice(b * type.BlockBytes, type.BlockBytes));
            }
        }
    }
}

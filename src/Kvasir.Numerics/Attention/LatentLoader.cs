using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Attention;

/// <summary>
/// Widens rows of latents into a tile: keys <c>[4 groups][headDim][16 rows]</c>, rotated at their positions, values <c>[64 rows][stride]</c>.
/// Bringing latents back is the sum that attention makes of weighted values, and its kernels do it.
/// </summary>
internal static unsafe class LatentLoader<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Rows that are widened together.</summary>
    private const int Together = 8;

    /// <summary>Latents of a row that are widened at a time; also the distance between rows of them.</summary>
    private const int Slice = AttentionScratch.TileRows;

    /// <summary>Loads rows that follow one another.</summary>
    /// <param name="layer">How they lie.</param>
    /// <param name="row">The first one.</param>
    /// <param name="count">Rows.</param>
    /// <param name="head">KV head.</param>
    /// <param name="position">Position of the first one.</param>
    /// <param name="rope">The layer's rotation, or null.</param>
    /// <param name="tileRow">Row of the tile that the first one goes to.</param>
    /// <param name="scratch">Receives keys and values; scores are not made yet, and hold latents meanwhile.</param>
    /// <param name="values">False when keys are enough.</param>
    public static void Load(in LatentLayer layer, byte* row, int count, int head, int position, RopeTable? rope, int tileRow, AttentionScratch scratch, bool values)
    {
        for (var done = 0; done < count; done += Together, row += (long)Together * layer.RowBytes)
        {
            var rows = Math.Min(Together, count - done);
            var at = tileRow + done;
            var wide = scratch.Values + (at * scratch.Stride);
            Widen(layer, layer.Keys[head], row, rows, scratch.Scores, wide, scratch.Stride);
            for (var i = 0; i < rows; i++)
            {
                if (rope is not null)
                    Rotate(wide + (i * scratch.Stride), rope.At(position + done + i), rope.Half);
            }

            Transpose(wide, scratch.Stride, rows, at, scratch.Keys, scratch.HeadDim);
            if (values)
                Widen(layer, layer.Values[head], row, rows, scratch.Scores, wide, scratch.Stride);
        }
    }

    private static void Widen(in LatentLayer layer, in LatentPart part, byte* row, int rows, float* latents, float* wide, int stride)
    {
        for (var i = 0; i < rows; i++)
            new ReadOnlySpan<float>(part.Mean, stride).CopyTo(new Span<float>(wide + (i * stride), stride));
        for (var first = 0; first < part.Rank; first += Slice)
        {
            var count = Math.Min(Slice, part.Rank - first);
            for (var i = 0; i < rows; i++)
                LatentCode.Decode(row + ((long)i * layer.RowBytes) + part.Offset, part.Rank, layer.Bits, first, count, latents + (i * Slice));
            var basis = part.Basis + ((long)first * stride);
            if (rows == Together)
            {
                AttentionTile<TLanes>.AddEight(latents, basis, stride, 0, count, wide);
                continue;
            }

            for (var i = 0; i < rows; i++)
                AttentionTile<TLanes>.AddOne(latents + (i * Slice), basis, stride, 0, count, wide + (i * stride));
        }
    }

    /// <summary>Rotates one key, dimensions in order: the arithmetic of <see cref="TileLoader{TLanes}.Rotate"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rotate(float* key, float* cosSin, int half)
    {
        var zero = TLanes.Broadcast(0);
        var i = 0;
        for (; i <= half - 16; i += 16)
        {
            var (x, y) = (TLanes.Load(key + i), TLanes.Load(key + half + i));
            var (cos, sin) = (TLanes.Load(cosSin + i), TLanes.Load(cosSin + half + i));
            TLanes.Store(TLanes.Fma(x, cos, zero - (y * sin)), key + i);
            TLanes.Store(TLanes.Fma(y, cos, x * sin), key + half + i);
        }

        for (; i < half; i++)
        {
            var (x, y) = (key[i], key[half + i]);
            key[i] = MathF.FusedMultiplyAdd(x, cosSin[i], 0 - (y * cosSin[half + i]));
            key[half + i] = MathF.FusedMultiplyAdd(y, cosSin[i], x * cosSin[half + i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(float* wide, int stride, int rows, int tileRow, float* tile, int headDim)
    {
        for (var i = 0; i < rows; i++, wide += stride, tileRow++)
        {
            var to = tile + (tileRow / KvLayout.RowGroup * KvLayout.RowGroup * headDim) + (tileRow % KvLayout.RowGroup);
            for (var d = 0; d < headDim; d++)
                to[d * KvLayout.RowGroup] = wide[d];
        }
    }
}

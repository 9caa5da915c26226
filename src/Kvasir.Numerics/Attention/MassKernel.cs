using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Attention;

/// <summary>What <see cref="AttentionMass"/> adds: kept weights, made relative to the log-sum-exp, summed over a block's queries.</summary>
internal static unsafe class MassKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int TileRows = AttentionScratch.TileRows;

    /// <summary>Adds a block's weights to one KV head's columns.</summary>
    /// <param name="batch">The call, with the block's log-sum-exp.</param>
    /// <param name="block">Rows of one view.</param>
    /// <param name="head">KV head.</param>
    /// <param name="kept">The block's weights.</param>
    /// <param name="columns">Sums <c>[64 * tiles]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(in AttentionBatch batch, in RowBlock block, int head, in KeptTiles kept, float* columns)
    {
        var group = batch.QueryHeads / batch.Layout.KvHeads;
        var queries = block.Count * group;
        var lanes = (queries + 15) & ~15;
        var sums = stackalloc float[2 * lanes];
        var factors = sums + lanes;
        for (var q = 0; q < lanes; q++)
        {
            // A query that sees nothing has minus infinity; it has no weights either.
            var sum = q < queries ? batch.LogSumExp[((long)block.Rows[q / group] * batch.QueryHeads) + (head * group) + (q % group)] : 0;
            sums[q] = float.IsNegativeInfinity(sum) ? 0 : sum;
        }

        for (long tile = 0; tile < kept.Tiles; tile++, columns += TileRows)
        {
            var maxima = kept.Maxima(tile);
            var any = TLanes.Broadcast(0);
            for (var q = 0; q < lanes; q += 16)
            {
                var factor = Elementary.Exp(TLanes.Load(maxima + q) - TLanes.Load(sums + q));
                TLanes.Store(factor, factors + q);
                any = TLanes.Max(factor, any);
            }

            if (TLanes.Largest(any) == 0)
                continue;
            TLanes c0 = TLanes.Load(columns), c1 = TLanes.Load(columns + 16), c2 = TLanes.Load(columns + 32), c3 = TLanes.Load(columns + 48);
            var p = kept.Weights(tile);
            for (var q = 0; q < queries; q++, p += TileRows)
            {
                if (factors[q] == 0)
                    continue;
                var factor = TLanes.Broadcast(factors[q]);
                c0 = TLanes.Fma(factor, TLanes.Load(p), c0);
                c1 = TLanes.Fma(factor, TLanes.Load(p + 16), c1);
                c2 = TLanes.Fma(factor, TLanes.Load(p + 32), c2);
                c3 = TLanes.Fma(factor, TLanes.Load(p + 48), c3);
            }

            TLanes.Store(c0, columns);
            TLanes.Store(c1, columns + 16);
            TLanes.Store(c2, columns + 32);
            TLanes.Store(c3, columns + 48);
        }
    }
}

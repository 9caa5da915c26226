using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Attention;

/// <summary>Queries of a block of rows and their scores with the keys of a tile.</summary>
internal static unsafe class QueryTile<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int TileRows = AttentionScratch.TileRows;

    /// <summary>Brings the queries of a KV head into columns, so that neighbours meet a key from one place.</summary>
    public static void Load(in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch)
    {
        var group = batch.QueryHeads / batch.Layout.KvHeads;
        var heads = stackalloc int[group];
        for (var i = 0; i < group; i++)
            heads[i] = (head * group) + i;
        Load(batch, block, heads, group, scratch);
    }

    /// <summary>The same for some query heads.</summary>
    public static void Load(in AttentionBatch batch, in RowBlock block, int* heads, int count, AttentionScratch scratch)
    {
        var headDim = batch.Layout.HeadDim;
        for (var q = 0; q < block.Count * count; q++)
        {
            var query = batch.Queries + ((long)block.Rows[q / count] * batch.QueryStride) + (heads[q % count] * headDim);
            var column = scratch.QueryColumns + q;
            for (var d = 0; d < headDim; d++)
                column[d * scratch.QueryStride] = query[d];
        }
    }

    /// <summary>Scores of all queries with the tile's keys; those of groups of which no row is in <paramref name="any"/> hold anything.</summary>
    public static void Scores(int queries, int headDim, ulong any, AttentionScratch scratch)
    {
        var q = 0;
        for (; q <= queries - 5; q += 8)
        {
            for (var g = 0; g < TileRows / 16; g += 2)
            {
                if ((any >> (16 * g) & 0xFFFF_FFFF) != 0)
                    AttentionTile<TLanes>.ScoreEight(scratch.Keys + (g * 16 * headDim), headDim, scratch.QueryColumns + q, scratch.QueryStride, scratch.Scores + (q * TileRows) + (16 * g));
            }
        }

        for (; q <= queries - 3; q += 4)
        {
            for (var g = 0; g < TileRows / 16; g += 2)
            {
                if ((any >> (16 * g) & 0xFFFF_FFFF) != 0)
                    AttentionTile<TLanes>.ScoreFour(scratch.Keys + (g * 16 * headDim), headDim, scratch.QueryColumns + q, scratch.QueryStride, scratch.Scores + (q * TileRows) + (16 * g));
            }
        }

        for (; q < queries; q++)
            AttentionTile<TLanes>.ScoreOne(scratch.Keys, headDim, scratch.QueryColumns + q, scratch.QueryStride, scratch.Scores + (q * TileRows));
    }
}

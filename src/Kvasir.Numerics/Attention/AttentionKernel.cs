using System.Numerics;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Attention;

/// <summary>
/// Attention of a block of query rows in one KV head's group, over lists of segments (FlashAttention's tiling, Dao et al. 2022, with borders
/// that never depend on the batch). Rows of several sequences that begin with the same segments go through those tiles together, so that a
/// shared prefix is read once (cascade inference, FlashInfer, Ye et al. 2024), each with the operations that it has alone.
/// </summary>
/// <remarks>
/// Tiles of 64 and splits of 512 sit at absolute row indices; splits are merged in ascending order. Hidden rows are skipped, never
/// multiplied by zero: freed and unwritten rows may hold NaN.
/// </remarks>
internal static unsafe class AttentionKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int TileRows = AttentionScratch.TileRows;
    private const int TilesPerSplit = 8;

    /// <summary>Part of a segment inside a tile.</summary>
    private readonly ref struct Piece(ref readonly KvSegment segment, int first, int count, int tileRow)
    {
        public readonly ref readonly KvSegment Segment = ref segment;
        public readonly int First = first;
        public readonly int Count = count;
        public readonly int TileRow = tileRow;
    }

    /// <summary>Computes a block of rows for one KV head.</summary>
    /// <param name="batch">The call.</param>
    /// <param name="block">The rows.</param>
    /// <param name="head">KV head.</param>
    /// <param name="scratch">The worker's memory.</param>
    /// <param name="tileShift">0; anything else moves the tile borders (a planted fault).</param>
    public static void Run(in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch, int tileShift)
    {
        var split = Begin(batch, block, head, scratch, tileShift, 0, long.MaxValue);
        if (block.SharedTiles == RowBlock.OneView)
        {
            FlushSplit(scratch, Queries(batch, block));
            Output(batch, block, head, scratch);
            return;
        }

        for (var first = 0; first < block.Count;)
        {
            var run = block.Run(batch, first);
            var own = GoOn(batch, block, first, run, head, scratch, tileShift, block.SharedTiles, long.MaxValue, split);
            FlushSplit(own, Queries(batch, run));
            Output(batch, run, head, own);
            first += run.Count;
        }
    }

    /// <summary>Computes one split of what <see cref="Run"/> computes; <see cref="MergeSplits"/> puts the splits together.</summary>
    /// <param name="batch">The call.</param>
    /// <param name="block">The rows.</param>
    /// <param name="head">KV head.</param>
    /// <param name="split">Absolute number of the split.</param>
    /// <param name="scratch">The worker's memory.</param>
    /// <param name="partial">Receives maxima <c>[queries]</c>, sums <c>[queries]</c> and accumulators <c>[queries][stride]</c>.</param>
    public static void RunSplit(in AttentionBatch batch, in RowBlock block, int head, long split, AttentionScratch scratch, float* partial)
    {
        var queries = Queries(batch, block);
        var end = (split + 1) * TilesPerSplit;
        var current = Begin(batch, block, head, scratch, 0, split * TilesPerSplit, end);
        if (block.SharedTiles >= end)
        {
            CopyPartial(scratch, queries, partial, 0, queries);
            return;
        }

        for (var first = 0; first < block.Count;)
        {
            var run = block.Run(batch, first);
            var own = GoOn(batch, block, first, run, head, scratch, 0, Math.Max(block.SharedTiles, split * TilesPerSplit), end, current);
            CopyPartial(own, Queries(batch, run), partial, first * (queries / block.Count), queries);
            first += run.Count;
        }
    }

    /// <summary>Merges splits in ascending order and writes the result.</summary>
    /// <param name="batch">The call.</param>
    /// <param name="block">The rows.</param>
    /// <param name="head">KV head.</param>
    /// <param name="partials">What <see cref="RunSplit"/> left, one after the other.</param>
    /// <param name="count">Number of splits.</param>
    /// <param name="scratch">The worker's memory.</param>
    public static void MergeSplits(in AttentionBatch batch, in RowBlock block, int head, float* partials, int count, AttentionScratch scratch)
    {
        var queries = Queries(batch, block);
        var stride = scratch.Stride;
        Clear(scratch, queries);
        for (var split = 0; split < count; split++, partials += queries * (stride + 2))
        {
            for (var q = 0; q < queries; q++)
            {
                AttentionTile<TLanes>.Merge(
                    ref scratch.TotalMaximum[q], ref scratch.TotalSum[q], scratch.Total + (q * stride), partials[q], partials[queries + q], partials + (2 * queries) + (q * stride), stride);
            }
        }

        Output(batch, block, head, scratch);
    }

    private static int Queries(in AttentionBatch batch, in RowBlock block) => block.Count * (batch.QueryHeads / batch.Layout.KvHeads);

    /// <summary>Starts all rows and takes them through the tiles that they share. Returns the split that they are in.</summary>
    private static long Begin(in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch, int tileShift, long firstTile, long endTile)
    {
        Clear(scratch, Queries(batch, block));
        LoadQueries(batch, block, head, scratch);
        return Tiles(batch, block, head, scratch, tileShift, firstTile, Math.Min(endTile, block.SharedTiles), -1);
    }

    /// <summary>Takes the rows of one view through tiles of their own, in memory of their own. Returns that.</summary>
    private static AttentionScratch GoOn(
        in AttentionBatch batch, in RowBlock block, int first, in RowBlock run, int head, AttentionScratch scratch, int tileShift, long firstTile, long endTile, long split)
    {
        var group = Queries(batch, block) / block.Count;
        scratch.Own!.Adopt(scratch, first * group, run.Count * group);
        Tiles(batch, run, head, scratch.Own, tileShift, firstTile, endTile, split);
        return scratch.Own;
    }

    private static void CopyPartial(AttentionScratch scratch, int queries, float* partial, int firstQuery, int allQueries)
    {
        new ReadOnlySpan<float>(scratch.SplitMaximum, queries).CopyTo(new Span<float>(partial + firstQuery, queries));
        new ReadOnlySpan<float>(scratch.SplitSum, queries).CopyTo(new Span<float>(partial + allQueries + firstQuery, queries));
        new ReadOnlySpan<float>(scratch.Split, queries * scratch.Stride).CopyTo(
            new Span<float>(partial + (2 * allQueries) + (firstQuery * scratch.Stride), queries * scratch.Stride));
    }

    /// <summary>
    /// Works through the tiles <c>[firstTile, endTile)</c> that the first row's view has rows in, starting in <paramref name="split"/>. The last
    /// split stays unmerged and is returned.
    /// </summary>
    private static long Tiles(
        in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch, int tileShift, long firstTile, long endTile, long split)
    {
        ref readonly var view = ref batch.Views[batch.Rows[block.Rows[0]].View];
        for (var s = 0; s < view.SegmentCount; s++)
        {
            // The tile that holds the segment's first row not done yet, and all pieces of segments in it.
            var tile = Math.Max(firstTile, (view.Segments[s].FirstRow + tileShift) / TileRows);
            var last = view.Segments[s].FirstRow + view.Segments[s].Count - 1;
            for (; tile < endTile && tile <= (last + tileShift) / TileRows; tile++)
            {
                var end = s;
                while (end < view.SegmentCount && (view.Segments[end].FirstRow + tileShift) / TileRows <= tile)
                    end++;
                if (tile / TilesPerSplit != split)
                {
                    FlushSplit(scratch, Queries(batch, block));
                    split = tile / TilesPerSplit;
                }

                Tile(batch, view, s, end, tile, tileShift, block, head, scratch, tile + 1 < endTile);
                while (end - 1 > s)
                {
                    // Segments that end in this tile are done; the last one may reach into the next.
                    s++;
                    last = view.Segments[s].FirstRow + view.Segments[s].Count - 1;
                }
            }
        }

        return split;
    }

    private static void Tile(
        in AttentionBatch batch, in KvView view, int firstSegment, int endSegment, long tile, int tileShift, in RowBlock block, int head, AttentionScratch scratch, bool askAhead)
    {
        var start = (tile * TileRows) - tileShift;
        var any = 0UL;
        for (var row = 0; row < block.Count; row++)
        {
            var visible = 0UL;
            for (var s = firstSegment; s < endSegment; s++)
            {
                var piece = Cut(in view.Segments[s], start);
                if (piece.Count > 0)
                    visible |= VisibleRows.Bits(piece.Segment, piece.First, piece.Count, batch.Rows[block.Rows[row]]) << piece.TileRow;
            }

            scratch.Visible[row] = visible;
            any |= visible;
        }

        if (any == 0)
            return;
        float* bias = null;
        var biases = stackalloc float[TileRows];
        for (var s = firstSegment; s < endSegment; s++)
        {
            var piece = Cut(in view.Segments[s], start);
            if (piece.Count > 0)
                Load(batch, view, s, piece, head, scratch, biases, ref bias, askAhead);
        }

        var queries = Queries(batch, block);
        Scores(queries, batch.Layout.HeadDim, any, scratch);
        Weigh(batch.Scale, block.Count, queries / block.Count, bias, scratch);
    }

    private static Piece Cut(ref readonly KvSegment segment, long start)
    {
        var first = Math.Max(0, start - segment.FirstRow);
        var end = Math.Min(segment.Count, start + TileRows - segment.FirstRow);
        return new Piece(in segment, (int)first, (int)Math.Max(0, end - first), (int)(segment.FirstRow + first - start));
    }

    private static void Load(
        in AttentionBatch batch, in KvView view, int s, in Piece piece, int head, AttentionScratch scratch, float* biases, ref float* bias, bool askAhead)
    {
        ref readonly var segment = ref piece.Segment;
        LoadRows(batch.Layout, view, s, piece, head, scratch, askAhead);
        if (segment.PositionOffset != 0)
        {
            // Rotating the key forward equals rotating the query back; the tile is private, the stored row stays as it is.
            var rope = batch.Rope ?? throw new ArgumentException("a segment with a position offset needs the rope table", nameof(batch));
            rope.Rotation(segment.PositionOffset, scratch.Rotation);
            TileLoader<TLanes>.Rotate(scratch.Keys, batch.Layout.HeadDim, piece.TileRow, piece.Count, scratch.Rotation, rope.Half);
        }

        if (segment.LogitBias == null)
            return;
        if (bias == null)
        {
            new Span<float>(biases, TileRows).Clear();
            bias = biases;
        }

        for (var i = 0; i < piece.Count; i++)
            biases[piece.TileRow + i] = segment.LogitBias[piece.First + i];
    }

    /// <summary>Loads rows to a tile, group by group; before each group it asks for the rows one tile behind them.</summary>
    private static void LoadRows(KvLayout layout, in KvView view, int s, in Piece piece, int head, AttentionScratch scratch, bool askAhead)
    {
        ref readonly var segment = ref piece.Segment;
        var slot = segment.FirstSlot + piece.First;
        var slice = segment.Slice + view.SliceOffset;
        if (segment.BlockStride != 0)
        {
            slice += slot / layout.BlockRows * segment.BlockStride;
            slot %= layout.BlockRows;
        }

        for (var row = 0; row < piece.Count;)
        {
            var count = Math.Min(KvLayout.RowGroup - (slot % KvLayout.RowGroup), piece.Count - row);
            if (askAhead)
                TileAhead.Ask(view, s, segment.FirstRow + piece.First + row + TileRows, count, layout, head);
            var tileRow = piece.TileRow + row;
            TileLoader<TLanes>.Keys(slice + layout.KeyOffset(head), layout, slot, count, scratch.Keys, tileRow);
            TileLoader<TLanes>.Values(
                slice + layout.ValueOffset(head), layout, slot, count, scratch.Values + (tileRow * scratch.Stride), scratch.Stride);
            row += count;
            slot += count;
            if (slot == layout.BlockRows && segment.BlockStride != 0)
            {
                slice += segment.BlockStride;
                slot = 0;
            }
        }
    }

    private static void Scores(int queries, int headDim, ulong any, AttentionScratch scratch)
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

    /// <summary>Brings the queries into columns, so that neighbours meet a key from one place.</summary>
    private static void LoadQueries(in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch)
    {
        var group = batch.QueryHeads / batch.Layout.KvHeads;
        var headDim = batch.Layout.HeadDim;
        for (var q = 0; q < block.Count * group; q++)
        {
            var query = batch.Queries + ((long)block.Rows[q / group] * batch.QueryStride) + (((head * group) + (q % group)) * headDim);
            var column = scratch.QueryColumns + q;
            for (var d = 0; d < headDim; d++)
                column[d * scratch.QueryStride] = query[d];
        }
    }

    private static void Weigh(float scale, int rowCount, int group, float* bias, AttentionScratch scratch)
    {
        var stride = scratch.Stride;
        for (var row = 0; row < rowCount; row++)
        {
            var visible = scratch.Visible[row];
            if (visible == 0)
                continue;
            float* hidden = null;
            if (visible != ulong.MaxValue)
            {
                hidden = scratch.Hidden;
                for (var i = 0; i < TileRows; i++)
                    hidden[i] = (visible >> i & 1) != 0 ? 0 : -1;
            }

            for (var q = row * group; q < (row + 1) * group; q++)
            {
                AttentionTile<TLanes>.Softmax(
                    scratch.Scores + (q * TileRows), scale, bias, hidden, ref scratch.SplitMaximum[q], ref scratch.SplitSum[q], scratch.Split + (q * stride), stride);
            }
        }

        var queries = rowCount * group;
        for (var q = 0; q < queries;)
        {
            // The last few queries are joined by places that nobody reads.
            var visible = scratch.Visible[q / group];
            var together = 8;
            while (together > 1 && (q + (together / 2) + 1 > queries || !SameVisible(scratch, q, Math.Min(q + together, queries), group, visible)))
                together = together == 8 ? 4 : 1;
            AddRuns(visible, q, together, scratch);
            q += together;
        }
    }

    private static bool SameVisible(AttentionScratch scratch, int q, int end, int group, ulong visible)
    {
        for (var i = q + 1; i < end; i++)
        {
            if (scratch.Visible[i / group] != visible)
                return false;
        }

        return true;
    }

    /// <summary>Adds the values of visible rows, run by run, ascending.</summary>
    private static void AddRuns(ulong visible, int q, int count, AttentionScratch scratch)
    {
        while (visible != 0)
        {
            var first = BitOperations.TrailingZeroCount(visible);
            var run = BitOperations.TrailingZeroCount(~(visible >> first));
            var weights = scratch.Scores + (q * TileRows);
            var accumulator = scratch.Split + (q * scratch.Stride);
            if (count == 8)
                AttentionTile<TLanes>.AddEight(weights, scratch.Values, scratch.Stride, first, first + run, accumulator);
            else if (count == 4)
                AttentionTile<TLanes>.AddFour(weights, scratch.Values, scratch.Stride, first, first + run, accumulator);
            else
                AttentionTile<TLanes>.AddOne(weights, scratch.Values, scratch.Stride, first, first + run, accumulator);
            if (first + run >= 64)
                return;
            visible &= ulong.MaxValue << (first + run);
        }
    }

    private static void Clear(AttentionScratch scratch, int queries)
    {
        new Span<float>(scratch.Total, queries * scratch.Stride).Clear();
        new Span<float>(scratch.TotalMaximum, queries).Fill(float.NegativeInfinity);
        new Span<float>(scratch.TotalSum, queries).Clear();
        ClearSplit(scratch, queries);
    }

    private static void ClearSplit(AttentionScratch scratch, int queries)
    {
        new Span<float>(scratch.Split, queries * scratch.Stride).Clear();
        new Span<float>(scratch.SplitMaximum, queries).Fill(float.NegativeInfinity);
        new Span<float>(scratch.SplitSum, queries).Clear();
    }

    private static void FlushSplit(AttentionScratch scratch, int queries)
    {
        for (var q = 0; q < queries; q++)
        {
            AttentionTile<TLanes>.Merge(
                ref scratch.TotalMaximum[q], ref scratch.TotalSum[q], scratch.Total + (q * scratch.Stride), scratch.SplitMaximum[q], scratch.SplitSum[q], scratch.Split + (q * scratch.Stride), scratch.Stride);
        }

        ClearSplit(scratch, queries);
    }

    private static void Output(in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch)
    {
        var group = batch.QueryHeads / batch.Layout.KvHeads;
        var headDim = batch.Layout.HeadDim;
        for (var q = 0; q < block.Count * group; q++)
        {
            var row = block.Rows[q / group];
            var queryHead = (head * group) + (q % group);
            var output = batch.Output + ((((long)row * batch.QueryHeads) + queryHead) * headDim);

            // A row that sees nothing has sum 0 and gives zeros; a NaN that was seen must show.
            var sum = scratch.TotalSum[q];
            var total = scratch.Total + (q * scratch.Stride);
            AttentionTile<TLanes>.Divide(total, sum, output, headDim);
            if (batch.LogSumExp != null)
            {
                batch.LogSumExp[((long)row * batch.QueryHeads) + queryHead] =
                    sum == 0 ? float.NegativeInfinity : float.IsNaN(sum) ? sum : scratch.TotalMaximum[q] + (float)Elementary.Log(sum);
            }
        }
    }
}

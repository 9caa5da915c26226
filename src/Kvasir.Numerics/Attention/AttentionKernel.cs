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

    /// <summary>The same for rows of one view, whose weights are kept and added to sums of columns when their log-sum-exp is known.</summary>
    /// <param name="batch">The call.</param>
    /// <param name="block">The rows.</param>
    /// <param name="head">KV head.</param>
    /// <param name="scratch">The worker's memory.</param>
    /// <param name="kept">The worker's memory for weights.</param>
    /// <param name="columns">Sums <c>[64 * tiles]</c>.</param>
    public static void RunWithMass(in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch, in KeptTiles kept, float* columns)
    {
        var own = scratch.Scores;
        kept.Clear();
        Clear(scratch, Queries(batch, block));
        QueryTile<TLanes>.Load(batch, block, head, scratch);
        Tiles(batch, block, head, scratch, 0, 0, long.MaxValue, -1, kept);
        scratch.Scores = own;
        FlushSplit(scratch, Queries(batch, block));
        Output(batch, block, head, scratch);
        MassKernel<TLanes>.Add(batch, block, head, kept, columns);
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
        QueryTile<TLanes>.Load(batch, block, head, scratch);
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
    /// split stays unmerged and is returned. Weights of tiles that <paramref name="kept"/> has room for are left there.
    /// </summary>
    private static long Tiles(
        in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch, int tileShift, long firstTile, long endTile, long split, in KeptTiles kept = default)
    {
        var tiles = new TileWalk(in KvView.OfHead(batch.Views[batch.Rows[block.Rows[0]].View], head), tileShift, firstTile, endTile);
        while (tiles.MoveNext())
        {
            if (tiles.Tile / TilesPerSplit != split)
            {
                FlushSplit(scratch, Queries(batch, block));
                split = tiles.Tile / TilesPerSplit;
            }

            var any = TileReader<TLanes>.See(batch, block, tiles, scratch);
            if (any == 0)
                continue;
            var bias = TileReader<TLanes>.Load(batch, tiles, head, scratch, values: true);
            if (tiles.Tile < kept.Tiles)
                scratch.Scores = kept.Weights(tiles.Tile);
            QueryTile<TLanes>.Scores(Queries(batch, block), batch.Layout.HeadDim, any, scratch);
            Weigh(batch, block, head, Queries(batch, block) / block.Count, bias, scratch);
            if (tiles.Tile < kept.Tiles)
                KeepMaxima(scratch, Queries(batch, block), Queries(batch, block) / block.Count, kept.Maxima(tiles.Tile));
        }

        return split;
    }

    private static void KeepMaxima(AttentionScratch scratch, int queries, int group, float* maxima)
    {
        for (var q = 0; q < queries; q++)
            maxima[q] = scratch.Visible[q / group] != 0 ? scratch.SplitMaximum[q] : float.NegativeInfinity;
    }

    private static void Weigh(in AttentionBatch batch, in RowBlock block, int head, int group, float* bias, AttentionScratch scratch)
    {
        var stride = scratch.Stride;
        var rowCount = block.Count;
        var shaped = ScoreShape<TLanes>.IsWanted(batch);
        var scale = shaped ? 1 : batch.Scale;
        for (var row = 0; row < rowCount; row++)
        {
            var visible = scratch.Visible[row];
            if (visible == 0)
                continue;
            if (shaped)
            {
                ScoreShape<TLanes>.Apply(
                    batch, scratch.Scores + (row * group * TileRows), head * group, group, scratch.Positions, batch.Rows[block.Rows[row]].Position);
            }

            var hidden = scratch.MarkHidden(visible);
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
            var total = scratch.Total + (q * scratch.Stride);
            if (batch.Sinks != null)
                AddSink(batch.Sinks[queryHead], ref scratch.TotalMaximum[q], ref scratch.TotalSum[q], total, scratch.Stride);
            var sum = scratch.TotalSum[q];
            AttentionTile<TLanes>.Divide(total, sum, output, headDim);
            if (batch.LogSumExp != null)
            {
                batch.LogSumExp[((long)row * batch.QueryHeads) + queryHead] =
                    sum == 0 ? float.NegativeInfinity : float.IsNaN(sum) ? sum : scratch.TotalMaximum[q] + (float)Elementary.Log(sum);
            }
        }
    }

    /// <summary>One more score whose row has no value: it takes weight only (gpt-oss, 2025; attention sinks, Xiao et al. 2023).</summary>
    private static void AddSink(float sink, ref float maximum, ref float sum, float* total, int stride)
    {
        var next = sink > maximum ? sink : maximum;
        var keep = Elementary.Exp(maximum - next);
        sum = MathF.FusedMultiplyAdd(sum, keep, Elementary.Exp(sink - next));
        maximum = next;
        var factor = TLanes.Broadcast(keep);
        for (var d = 0; d < stride; d += 16)
            TLanes.Store(TLanes.Load(total + d) * factor, total + d);
    }
}

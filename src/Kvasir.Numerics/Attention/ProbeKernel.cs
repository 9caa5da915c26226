using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Attention;

/// <summary>
/// The second pass over an attention call, for <see cref="AttentionProbe"/>: the scores of a tile once more, their weights from the
/// log-sum-exp of the first pass, and sums of these over query rows or over ranges of rows.
/// </summary>
internal static unsafe class ProbeKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int TileRows = AttentionScratch.TileRows;

    /// <summary>Adds what a block of query rows gives to one KV head's sums, over the head's queries that are looked at.</summary>
    /// <param name="batch">The call, with its log-sum-exp.</param>
    /// <param name="probe">What is wanted.</param>
    /// <param name="block">Neighbouring rows of the probe; blocks come in ascending order.</param>
    /// <param name="head">KV head.</param>
    /// <param name="scratch">The worker's memory.</param>
    /// <param name="columns">Sums of whole tiles, from the first column's tile on.</param>
    /// <param name="ranges">Sums <c>[probe.RowCount, probe.RangeCount]</c>.</param>
    public static void Run(
        in AttentionBatch batch, in AttentionProbe probe, in RowBlock block, int head, AttentionScratch scratch, float* columns, float* ranges)
    {
        var all = batch.QueryHeads / batch.Layout.KvHeads;
        var heads = stackalloc int[2 * all];
        var places = heads + all;
        var group = probe.HeadsOf(head, all, heads, places);
        if (group == 0)
            return;
        var firstRow = block.Rows[0] - probe.FirstRow;
        QueryTile<TLanes>.Load(batch, block, heads, group, scratch);
        var shaped = ScoreShape<TLanes>.IsWanted(batch);
        var (firstTile, endTile) = probe.Tiles();
        var tiles = new TileWalk(in KvView.OfHead(batch.Views[batch.Rows[block.Rows[0]].View], head), 0, firstTile, endTile);
        var range = 0;
        while (tiles.MoveNext())
        {
            var any = TileReader<TLanes>.See(batch, block, tiles, scratch);
            if (any == 0)
                continue;
            var bias = TileReader<TLanes>.Load(batch, tiles, head, scratch, values: false);
            QueryTile<TLanes>.Scores(block.Count * group, batch.Layout.HeadDim, any, scratch);
            for (var row = 0; row < block.Count; row++)
            {
                var lse = batch.LogSumExp + ((long)block.Rows[row] * batch.QueryHeads);
                if (scratch.Visible[row] == 0)
                    continue;
                var scores = scratch.Scores + (row * group * TileRows);
                for (var q = 0; shaped && q < group; q++)
                    ScoreShape<TLanes>.Apply(batch, scores + (q * TileRows), heads[q], 1, scratch.Positions, batch.Rows[block.Rows[row]].Position);
                Weigh(scores, heads, group, shaped ? 1 : batch.Scale, bias, scratch.MarkHidden(scratch.Visible[row]), lse);
            }

            if (probe.HasColumns && tiles.Tile >= probe.FirstColumnTile && tiles.Tile < probe.EndColumnTile)
            {
                var weights = probe.RowWeights == null ? null : probe.RowWeights + firstRow;
                AddColumns(scratch, block.Count, group, weights, columns + ((tiles.Tile - probe.FirstColumnTile) * TileRows));
            }

            if (probe.HasWeights)
                CopyWeights(batch, probe, scratch, block.Count, firstRow, places, group, tiles.Start);
            if (probe.HasLooks && tiles.Tile >= probe.FirstColumnTile && tiles.Tile < probe.EndColumnTile)
                probe.Looked[((long)head * probe.LookWords) + tiles.Tile - probe.FirstColumnTile] |= Looks(scratch, block.Count, group, probe.LookThreshold);
            if (!probe.HasRanges)
                continue;
            while (range < probe.RangeCount && probe.RangeEnds[range] <= tiles.Start)
                range++;
            for (var r = range; r < probe.RangeCount && probe.RangeStarts[r] < tiles.Start + TileRows; r++)
            {
                var first = (int)Math.Max(0, probe.RangeStarts[r] - tiles.Start);
                var end = (int)Math.Min(TileRows, probe.RangeEnds[r] - tiles.Start);
                AddRange(scratch, block.Count, group, first, end, ranges + ((long)firstRow * probe.RangeCount) + r, probe.RangeCount);
            }
        }
    }

    /// <summary>result = (accumulate ? result : 0) + the sums of all KV heads, in their order, divided by <paramref name="queryHeads"/>.</summary>
    /// <param name="sums">Sums of the first head.</param>
    /// <param name="stride">Elements from one head's sums to those of the next.</param>
    /// <param name="kvHeads">KV heads.</param>
    /// <param name="queryHeads">Query heads.</param>
    /// <param name="count">Elements.</param>
    /// <param name="result">Receives them.</param>
    /// <param name="accumulate">Whether to add to what it holds.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Average(float* sums, long stride, int kvHeads, int queryHeads, long count, float* result, bool accumulate)
    {
        var divisor = TLanes.Broadcast(queryHeads);
        long i = 0;
        for (; i <= count - 16; i += 16)
        {
            var sum = TLanes.Broadcast(0);
            for (var head = 0; head < kvHeads; head++)
                sum += TLanes.Load(sums + (head * stride) + i);
            sum /= divisor;
            TLanes.Store(accumulate ? TLanes.Load(result + i) + sum : sum, result + i);
        }

        for (; i < count; i++)
        {
            var sum = 0f;
            for (var head = 0; head < kvHeads; head++)
                sum += sums[(head * stride) + i];
            sum /= queryHeads;
            result[i] = accumulate ? result[i] + sum : sum;
        }
    }

    /// <summary>Copies the weights of a tile, as far as they are columns.</summary>
    private static void CopyWeights(
        in AttentionBatch batch, in AttentionProbe probe, AttentionScratch scratch, int rows, int firstRow, int* places, int group, long tileStart)
    {
        var heads = probe.CountHeads(batch.QueryHeads);
        var first = (int)Math.Max(0, probe.FirstColumn - tileStart);
        var end = (int)Math.Min(TileRows, probe.FirstColumn + probe.ColumnCount - tileStart);
        for (var row = 0; row < rows && first < end; row++)
        {
            if (scratch.Visible[row] == 0)
                continue;
            for (var q = 0; q < group; q++)
            {
                var weights = new ReadOnlySpan<float>(scratch.Scores + (((row * group) + q) * TileRows) + first, end - first);
                var to = probe.Weights + (((((long)firstRow + row) * heads) + places[q]) * probe.ColumnCount) + (tileStart + first - probe.FirstColumn);
                weights.CopyTo(new Span<float>(to, end - first));
            }
        }
    }

    /// <summary>The tile's rows that any query gives the threshold or more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong Looks(AttentionScratch scratch, int rows, int group, float threshold)
    {
        var largest = stackalloc float[TileRows];
        var zero = TLanes.Broadcast(0);
        TLanes m0 = zero, m1 = zero, m2 = zero, m3 = zero;
        for (var row = 0; row < rows; row++)
        {
            if (scratch.Visible[row] == 0)
                continue;
            var p = scratch.Scores + (row * group * TileRows);
            for (var q = 0; q < group; q++, p += TileRows)
            {
                m0 = TLanes.Max(TLanes.Load(p), m0);
                m1 = TLanes.Max(TLanes.Load(p + 16), m1);
                m2 = TLanes.Max(TLanes.Load(p + 32), m2);
                m3 = TLanes.Max(TLanes.Load(p + 48), m3);
            }
        }

        TLanes.Store(m0, largest);
        TLanes.Store(m1, largest + 16);
        TLanes.Store(m2, largest + 32);
        TLanes.Store(m3, largest + 48);
        var bits = 0UL;
        for (var i = 0; i < TileRows; i += Vector256<float>.Count)
            bits |= (ulong)Vector256.GreaterThanOrEqual(Vector256.Load(largest + i), Vector256.Create(threshold)).ExtractMostSignificantBits() << i;
        return bits;
    }

    /// <summary>Turns the scores of one row's queries into weights; those of hidden rows are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh(float* scores, int* heads, int group, float scale, float* bias, float* hidden, float* lse)
    {
        var factor = TLanes.Broadcast(scale);
        var zero = TLanes.Broadcast(0);
        for (var q = 0; q < group; q++, scores += TileRows)
        {
            var reference = TLanes.Broadcast(lse[heads[q]]);
            for (var i = 0; i < TileRows; i += 16)
            {
                var s = TLanes.Load(scores + i) * factor;
                if (bias != null)
                    s += TLanes.Load(bias + i);
                var p = Elementary.Exp(s - reference);
                if (hidden != null)
                    p = TLanes.SelectLess(TLanes.Load(hidden + i), zero, zero, p);
                TLanes.Store(p, scores + i);
            }
        }
    }

    /// <summary>columns[64] += weight * p for all queries, one chain a column in their order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddColumns(AttentionScratch scratch, int rows, int group, float* weights, float* columns)
    {
        TLanes c0 = TLanes.Load(columns), c1 = TLanes.Load(columns + 16), c2 = TLanes.Load(columns + 32), c3 = TLanes.Load(columns + 48);
        for (var row = 0; row < rows; row++)
        {
            if (scratch.Visible[row] == 0)
                continue;
            var weight = TLanes.Broadcast(weights == null ? 1 : weights[row]);
            var p = scratch.Scores + (row * group * TileRows);
            for (var q = 0; q < group; q++, p += TileRows)
            {
                c0 = TLanes.Fma(weight, TLanes.Load(p), c0);
                c1 = TLanes.Fma(weight, TLanes.Load(p + 16), c1);
                c2 = TLanes.Fma(weight, TLanes.Load(p + 32), c2);
                c3 = TLanes.Fma(weight, TLanes.Load(p + 48), c3);
            }
        }

        TLanes.Store(c0, columns);
        TLanes.Store(c1, columns + 16);
        TLanes.Store(c2, columns + 32);
        TLanes.Store(c3, columns + 48);
    }

    /// <summary>sums[row] += p over the tile's rows [first, end) and all queries of the row: chains of sixteen lanes, then their tree.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRange(AttentionScratch scratch, int rows, int group, int first, int end, float* sums, int stride)
    {
        var zero = TLanes.Broadcast(0);
        var outside = scratch.MarkHidden((end - first == TileRows ? ulong.MaxValue : (1UL << (end - first)) - 1) << first);
        for (var row = 0; row < rows; row++)
        {
            if (scratch.Visible[row] == 0)
                continue;
            var sum = zero;
            var p = scratch.Scores + (row * group * TileRows);
            for (var i = 0; i < group * TileRows; i += 16)
            {
                var lanes = TLanes.Load(p + i);
                sum += outside == null ? lanes : TLanes.SelectLess(TLanes.Load(outside + (i % TileRows)), zero, zero, lanes);
            }

            sums[(long)row * stride] += TLanes.Sum(sum);
        }
    }
}

using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Attention;

/// <summary>One pass over the keys of a call for <see cref="AttentionSurvey"/>: all scores of a block, their softmax, and sums of its weights.</summary>
internal static unsafe class SurveyKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int TileRows = AttentionScratch.TileRows;

    /// <summary>Adds what a block of query rows gives to one KV head's sums.</summary>
    /// <param name="batch">The call.</param>
    /// <param name="block">Rows of one view.</param>
    /// <param name="head">KV head.</param>
    /// <param name="scratch">The worker's memory.</param>
    /// <param name="length">Row indices that are looked at.</param>
    /// <param name="scores">Memory for the block's scores <c>[queries][stride]</c>.</param>
    /// <param name="stride">A multiple of 64, <paramref name="length"/> or more.</param>
    /// <param name="columns">Sums <c>[stride]</c>.</param>
    /// <param name="diagonals">Sums <c>[stride + 16]</c>, the farthest first; those from <paramref name="length"/> on mean nothing.</param>
    public static void Run(
        in AttentionBatch batch, in RowBlock block, int head, AttentionScratch scratch, int length, float* scores, int stride, float* columns, float* diagonals)
    {
        var group = batch.QueryHeads / batch.Layout.KvHeads;
        var queries = block.Count * group;
        var shaped = ScoreShape<TLanes>.IsWanted(batch);
        QueryTile<TLanes>.Load(batch, block, head, scratch);
        new Span<float>(scores, queries * stride).Fill(float.NegativeInfinity);
        var tiles = new TileWalk(in KvView.OfHead(batch.Views[batch.Rows[block.Rows[0]].View], head), 0, 0, stride / TileRows);
        while (tiles.MoveNext())
        {
            var any = TileReader<TLanes>.See(batch, block, tiles, scratch);
            if (any == 0)
                continue;
            var bias = TileReader<TLanes>.Load(batch, tiles, head, scratch, values: false);
            QueryTile<TLanes>.Scores(queries, batch.Layout.HeadDim, any, scratch);
            for (var row = 0; row < block.Count; row++)
            {
                if (scratch.Visible[row] == 0)
                    continue;
                var own = scratch.Scores + (row * group * TileRows);
                if (shaped)
                    ScoreShape<TLanes>.Apply(batch, own, head * group, group, scratch.Positions, batch.Rows[block.Rows[row]].Position);
                Keep(own, group, shaped ? 1 : batch.Scale, bias, scratch.MarkHidden(scratch.Visible[row]), scores + ((long)row * group * stride) + tiles.Start, stride);
            }
        }

        for (var q = 0; q < queries; q++)
        {
            var seen = batch.Rows[block.Rows[q / group]].Position + 1;
            var sink = batch.Sinks == null ? float.NegativeInfinity : batch.Sinks[(head * group) + (q % group)];
            Add(scores + ((long)q * stride), seen, sink, columns, diagonals + (length - seen));
        }
    }

    /// <summary>Puts a tile's scores by those of other tiles; hidden ones become minus infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Keep(float* scores, int group, float scale, float* bias, float* hidden, float* kept, int stride)
    {
        var factor = TLanes.Broadcast(scale);
        var zero = TLanes.Broadcast(0);
        var never = TLanes.Broadcast(float.NegativeInfinity);
        for (var q = 0; q < group; q++, scores += TileRows, kept += stride)
        {
            for (var i = 0; i < TileRows; i += 16)
            {
                var s = TLanes.Load(scores + i) * factor;
                if (bias != null)
                    s += TLanes.Load(bias + i);
                if (hidden != null)
                    s = TLanes.SelectLess(TLanes.Load(hidden + i), zero, never, s);
                TLanes.Store(s, kept + i);
            }
        }
    }

    /// <summary>The softmax of a query's scores, added to both sums. Scores behind <paramref name="count"/>, up to a multiple of 16, are minus infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(float* scores, int count, float sink, float* columns, float* diagonals)
    {
        var maximum = TLanes.Broadcast(sink);
        for (var i = 0; i < count; i += 16)
            maximum = TLanes.Max(maximum, TLanes.Load(scores + i));
        var largest = TLanes.Largest(maximum);
        if (float.IsNegativeInfinity(largest))
            return;
        var reference = TLanes.Broadcast(largest);
        var sum = TLanes.Broadcast(0);
        for (var i = 0; i < count; i += 16)
        {
            var p = Elementary.Exp(TLanes.Load(scores + i) - reference);
            sum += p;
            TLanes.Store(p, scores + i);
        }

        var share = TLanes.Broadcast(1 / (TLanes.Sum(sum) + Elementary.Exp(sink - largest)));
        for (var i = 0; i < count; i += 16)
        {
            var weight = TLanes.Load(scores + i) * share;
            TLanes.Store(TLanes.Load(columns + i) + weight, columns + i);
            TLanes.Store(TLanes.Load(diagonals + i) + weight, diagonals + i);
        }
    }
}

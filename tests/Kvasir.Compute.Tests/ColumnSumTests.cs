using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests;

/// <summary>The attention that each row of a long prompt gets, by KV head: what policies that go by accumulated attention stand on.</summary>
public sealed unsafe class ColumnSumTests
{
    private const int KvHeads = 2;
    private const int QueryHeads = 4;
    private const int HeadDim = 16;
    private const int BlockRows = 32;
    private const float Scale = 0.25f;

    [Theory]
    [InlineData(2048)]
    [InlineData(4096)]
    [InlineData(8192)]
    public void SumsOfAPrompt_AreThoseOfAnExplicitSoftmax_WithTheSameBitsForEveryChunkSize(int rows)
    {
        var random = new Random(rows);
        var queries = Draw(random, rows * QueryHeads * HeadDim);
        var keys = Draw(random, rows * KvHeads * HeadDim);
        var expected = Expected(queries, keys, rows);
        float[]? first = null;
        foreach (var (threads, chunk) in new[] { (2, 512), (1, 512), (2, 777), (3, 64), (1, 5 + (rows / 7)), (2, rows) })
        {
            using var backend = new CpuBackend(new CpuBackendOptions { Threads = threads });
            var sums = Sum(backend, queries, keys, rows, chunk);
            for (var i = 0; first is null && i < sums.Length; i++)
                Assert.True(Math.Abs(sums[i] - expected[i]) <= 1e-4 * expected[i], $"column {i % rows} of head {i / rows}: {sums[i]:R} against {expected[i]:R}");
            Bits.Equal(first ??= sums, sums, $"{threads} threads, chunks of {chunk}");
        }
    }

    [Fact]
    public void SumsOfAVeryLongPrompt_WhoseGroupsAreSmaller_AreRight_ForEveryChunkSize()
    {
        const int rows = 40_960;
        const int first = rows - 50;
        var random = new Random(rows);
        var queries = Draw(random, rows * QueryHeads * HeadDim);
        var keys = Draw(random, rows * KvHeads * HeadDim);
        var expected = Expected(queries, keys, rows, first);
        float[]? sums = null;
        foreach (var (threads, chunk) in new[] { (2, 50), (1, 13), (3, 8) })
        {
            using var backend = new CpuBackend(new CpuBackendOptions { Threads = threads });
            var some = Sum(backend, queries, keys, rows, chunk, first: first);
            for (var i = 0; sums is null && i < some.Length; i++)
                Assert.True(Math.Abs(some[i] - expected[i]) <= 1e-4 * expected[i], $"column {i % rows} of head {i / rows}: {some[i]:R} against {expected[i]:R}");
            Bits.Equal(sums ??= some, some, $"{threads} threads, chunks of {chunk}");
        }
    }

    [Fact]
    public void Sums_HaveTheSameBitsOnEveryPath_AndLeaveAttentionAsItIs()
    {
        const int rows = 704;
        var random = new Random(5);
        var queries = Draw(random, rows * QueryHeads * HeadDim);
        var keys = Draw(random, rows * KvHeads * HeadDim);
        float[]? first = null;
        Backends.ForAll(
            (backend, where) =>
            {
                var output = new float[rows * QueryHeads * HeadDim];
                var sums = Sum(backend, queries, keys, rows, 100, output: output);
                Bits.Equal(first ??= sums, sums, where);
                var plain = new float[output.Length];
                Sum(backend, queries, keys, rows, 100, asks: false, output: plain);
                Bits.Equal(plain, output, where);
            },
            1,
            3);
    }

    [Fact]
    public void Mass_IsRefused_ForSomeRowsOfAView_AndWithoutALogSumExp()
    {
        using var drawn = new AttentionCase(1, KvDataType.F32, plain: true);
        Backends.Best(backend =>
        {
            using var pages = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(1), aligned: true);
            drawn.Run(backend, [pages.View], [(0, 0), (0, 0)], batch =>
            {
                var mass = new AttentionMass { RowCount = 1, ColumnCount = 1 };
                Refused("rows 0 to 1", batch, mass);
                Refused("row 1", batch, mass with { RowCount = 2 });
                Refused("log-sum-exp", batch with { LogSumExp = null }, mass);
            });

            void Refused(string what, AttentionBatch batch, AttentionMass mass) =>
                Assert.Contains(what, Assert.Throws<ArgumentException>(() => Ask(batch, mass)).Message, StringComparison.Ordinal);

            void Ask(AttentionBatch batch, AttentionMass mass) => backend.Attend(batch with { Masses = &mass, MassCount = 1 });
        });
    }

    private static float[] Draw(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (4 * random.NextSingle()) - 2)];

    private static float[] Sum(CpuBackend backend, float[] queries, float[] keys, int rows, int chunk, bool asks = true, float[]? output = null, int first = 0)
    {
        var layout = new KvLayout(1, KvHeads, HeadDim, KvDataType.F32, BlockRows);
        using var pool = backend.Allocate((nuint)(layout.BlockBytes * (rows / BlockRows)));
        using var memory = backend.Allocate((nuint)(chunk * QueryHeads * (HeadDim + 1) * sizeof(float)));
        var segments = new KvSegment[rows / BlockRows];
        for (var i = 0; i < segments.Length; i++)
            segments[i] = new KvSegment { Slice = pool.Pointer + (i * layout.BlockBytes), Count = BlockRows, FirstRow = BlockRows * i, BasePosition = BlockRows * i };
        var sums = new float[KvHeads * rows];
        var rest = new float[sums.Length];
        fixed (KvSegment* s = segments)
        fixed (float* q = queries, k = keys, whole = sums, open = rest)
        {
            for (var row = 0; row < rows; row++)
            {
                var key = k + (row * KvHeads * HeadDim);
                backend.WriteKv(key, key, KvHeads * HeadDim, [new KvWriteRow { Slice = segments[row / BlockRows].Slice, Slot = row % BlockRows }], layout);
            }

            for (var from = first; from < rows; from += chunk)
            {
                var count = Math.Min(chunk, rows - from);
                var queryRows = new QueryRow[count];
                for (var i = 0; i < count; i++)
                    queryRows[i].Position = from + i;
                var view = new KvView { Segments = s, SegmentCount = (from + count + BlockRows - 1) / BlockRows };
                fixed (QueryRow* r = queryRows)
                {
                    var mass = new AttentionMass { RowCount = count, ColumnCount = rows, Sums = whole, Open = open };
                    var batch = new AttentionBatch
                    {
                        Queries = q + ((long)from * QueryHeads * HeadDim),
                        QueryStride = QueryHeads * HeadDim,
                        Output = (float*)memory.Pointer,
                        LogSumExp = (float*)memory.Pointer + (chunk * QueryHeads * HeadDim),
                        Rows = r,
                        RowCount = count,
                        Views = &view,
                        ViewCount = 1,
                        QueryHeads = QueryHeads,
                        Scale = Scale,
                        Layout = layout,
                        Masses = &mass,
                        MassCount = asks ? 1 : 0,
                    };
                    backend.Attend(batch);
                    if (output is not null)
                        new Span<float>(batch.Output, count * QueryHeads * HeadDim).CopyTo(output.AsSpan(from * QueryHeads * HeadDim));
                }
            }
        }

        return [.. sums.Zip(rest, (sum, left) => sum + left)];
    }

    /// <summary>The whole matrix of weights, row by row, in binary64.</summary>
    private static double[] Expected(float[] queries, float[] keys, int rows, int first = 0)
    {
        var sums = new double[KvHeads * rows];
        Parallel.For(0, KvHeads, head =>
        {
            var weights = new double[rows];
            for (var row = first; row < rows; row++)
            {
                for (var q = head * (QueryHeads / KvHeads); q < (head + 1) * (QueryHeads / KvHeads); q++)
                {
                    double sum = 0;
                    for (var n = 0; n <= row; n++)
                    {
                        double score = 0;
                        for (var d = 0; d < HeadDim; d++)
                            score += (double)queries[(((row * QueryHeads) + q) * HeadDim) + d] * keys[(((n * KvHeads) + head) * HeadDim) + d];
                        sum += weights[n] = Math.Exp(Scale * score);
                    }

                    for (var n = 0; n <= row; n++)
                        sums[(head * rows) + n] += weights[n] / sum;
                }
            }
        });
        return sums;
    }
}

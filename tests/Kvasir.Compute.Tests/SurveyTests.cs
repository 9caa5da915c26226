using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests;

/// <summary>Weight along columns and diagonals.</summary>
public sealed unsafe class SurveyTests
{
    [Fact]
    public void Sums_AreThoseOfAPlainSoftmax_WithTheSameBitsOnEveryPathAndNumberOfThreads()
    {
        for (int seed = 9300; seed < 9330; seed++)
        {
            using var drawn = new AttentionCase(seed, (KvDataType)(seed % 3), plain: true);
            float[]? sinks = seed % 2 == 0 ? null : [.. Enumerable.Range(0, drawn.QueryHeads).Select(head => (float)Math.Sin(seed + head))];
            int length = Math.Max(drawn.Rows.Count, drawn.Queries.Max(query => query.Position) + 1);
            var expected = Expected(drawn, sinks, length);
            float[]? first = null;
            Backends.ForAll(
                (backend, where) =>
                {
                    using var pages = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(seed), aligned: false);
                    var sums = Survey(backend, drawn, pages, sinks, length);
                    for (int i = 0; i < expected.Length; i++)
                        Assert.True(Math.Abs(expected[i] - sums[i]) <= (1e-5 * expected[i]) + 1e-6, $"element {i} is {sums[i]:R}, expected {expected[i]:R}; seed {seed}, {where}");
                    Bits.Equal(first ??= sums, sums, $"seed {seed}, {where}");
                },
                1,
                2,
                3);
        }
    }

    [Fact]
    public void ASurvey_IsRefused_OverSeveralViews_OrBehindItsLength()
    {
        using var drawn = new AttentionCase(1, KvDataType.F32, plain: true);
        Backends.Best(backend =>
        {
            using var pages = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(1), aligned: true);
            drawn.Run(backend, [pages.View, pages.View], [(0, 0), (0, 1)], batch =>
            {
                Refused("two views", () => backend.SurveyAttention(batch, new AttentionSurvey { Length = 5000 }));
                Refused("behind the survey's 1", () => backend.SurveyAttention(batch with { RowCount = 1 }, new AttentionSurvey { Length = 1 }));
            });
        });

        static void Refused(string what, Action action) =>
            Assert.Contains(what, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    /// <summary>Columns of all KV heads, then diagonals.</summary>
    private static float[] Survey(CpuBackend backend, AttentionCase drawn, KvPages pages, float[]? sinks, int length)
    {
        var sums = new float[2 * drawn.Layout.KvHeads * length];
        sums.AsSpan().Fill(float.NaN);
        (int Row, int View)[] rows = [.. Enumerable.Range(0, drawn.Queries.Length).Select(row => (row, 0))];
        drawn.Run(backend, [pages.View], rows, batch =>
        {
            fixed (float* columns = sums, at = sinks)
            {
                batch.Sinks = at;
                backend.SurveyAttention(batch, new AttentionSurvey { Length = length, Columns = columns, Diagonals = columns + (drawn.Layout.KvHeads * length) });
            }
        });
        return sums;
    }

    private static double[] Expected(AttentionCase drawn, float[]? sinks, int length)
    {
        var sums = new double[2 * drawn.Layout.KvHeads * length];
        for (int r = 0; r < drawn.Queries.Length; r++)
        {
            for (int h = 0; h < drawn.QueryHeads; h++)
            {
                var weights = drawn.Weights(r, h, drawn.Rows);
                double left = sinks is null ? 1 : 1 / (1 + Math.Exp(sinks[h] - drawn.Plain(r, h).LogSumExp));
                var columns = sums.AsSpan(h / (drawn.QueryHeads / drawn.Layout.KvHeads) * length, length);
                var diagonals = sums.AsSpan((drawn.Layout.KvHeads * length) + (h / (drawn.QueryHeads / drawn.Layout.KvHeads) * length), length);
                for (int row = 0; row <= drawn.Queries[r].Position && row < weights.Length; row++)
                {
                    columns[row] += left * weights[row];
                    diagonals[length - 1 - drawn.Queries[r].Position + row] += left * weights[row];
                }
            }
        }

        return sums;
    }
}

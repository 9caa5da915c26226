using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests;

/// <summary>Where attention's weight goes: sums over query rows and over ranges of rows.</summary>
public sealed unsafe class ProbeTests
{
    private const float Before = 0.25f;

    public static TheoryData<KvDataType> Types => AttentionTests.Types;

    [Theory]
    [MemberData(nameof(Types))]
    public void Sums_AreThoseOfAPlainSoftmax_WithTheSameBitsOnEveryPathAndNumberOfThreads(KvDataType type)
    {
        for (int seed = 9000; seed < 9020; seed++)
        {
            using var drawn = new AttentionCase(seed, type);
            var random = new Random(seed);
            var (covers, replaced, poisoned) = Replacements.Draw(drawn, random);
            var wanted = new Wanted(drawn, random, weighted: seed % 3 != 0);
            var (columns, ranges) = Expected(drawn, replaced, wanted);
            float[]? firstColumns = null, firstRanges = null;
            Backends.ForAll(
                (backend, where) =>
                {
                    using var pages = KvPages.Lay(backend, poisoned, drawn.Layout, new Random(seed), aligned: seed % 2 == 0);
                    pages.Cover(backend, covers, new Random(seed));
                    var (c, r) = Observe(backend, drawn, pages, wanted);
                    Close(columns, c, $"columns, {type}, seed {seed}, {where}");
                    Close(ranges, r, $"ranges, {type}, seed {seed}, {where}");
                    Bits.Equal(firstColumns ??= c, c, $"columns, {type}, seed {seed}, {where}");
                    Bits.Equal(firstRanges ??= r, r, $"ranges, {type}, seed {seed}, {where}");
                },
                1,
                2,
                3);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void RangesThatCoverEverything_SumToOne_ForARowThatSeesAnything(KvDataType type)
    {
        for (int seed = 9100; seed < 9120; seed++)
        {
            using var drawn = new AttentionCase(seed, type);
            var random = new Random(seed);
            long end = drawn.Rows.Count == 0 ? 1 : drawn.Rows[^1].Row + 1;
            var wanted = new Wanted(drawn, random, weighted: false)
            {
                FirstRow = 0,
                RowCount = drawn.Queries.Length,
                Ranges = [(0, end / 3), (end / 3, end / 2), (end / 2, end)],
            };
            Backends.Best(backend =>
            {
                using var pages = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(seed), aligned: false);
                var (_, ranges) = Observe(backend, drawn, pages, wanted);
                for (int row = 0; row < drawn.Queries.Length; row++)
                {
                    bool sees = drawn.Rows.Any(cached => AttentionCase.Sees(drawn.Queries[row], cached));
                    Assert.Equal(sees ? 1 : 0, ranges.AsSpan(3 * row, 3).ToArray().Sum(), 1e-5);
                }
            });
        }
    }

    [Fact]
    public void OneSumAlone_HasTheBitsThatItHasBesideTheOther()
    {
        for (int seed = 9200; seed < 9210; seed++)
        {
            using var drawn = new AttentionCase(seed, KvDataType.F16);
            var wanted = new Wanted(drawn, new Random(seed), weighted: true);
            Backends.Best(backend =>
            {
                using var pages = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(seed), aligned: false);
                var (columns, ranges) = Observe(backend, drawn, pages, wanted);
                Bits.Equal(columns, Observe(backend, drawn, pages, wanted with { HasRanges = false }).Columns, $"columns, seed {seed}");
                Bits.Equal(ranges, Observe(backend, drawn, pages, wanted with { HasColumns = false }).Ranges, $"ranges, seed {seed}");
            });
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void WhatSomeHeadsLookAt_HasTheBitsThatItHasAmongAll(KvDataType type)
    {
        for (int seed = 9300; seed < 9320; seed++)
        {
            using var drawn = new AttentionCase(seed, type);
            var random = new Random(seed);
            var wanted = new Wanted(drawn, random, weighted: false);
            int[] all = [.. Enumerable.Range(0, drawn.QueryHeads)];
            random.Shuffle(all);
            int[] some = all[..random.Next(1, all.Length + 1)];
            Backends.ForAll(
                (backend, where) =>
                {
                    using var pages = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(seed), aligned: false);
                    var (whole, _) = ObserveHeads(backend, drawn, pages, wanted, []);
                    var (part, columns) = ObserveHeads(backend, drawn, pages, wanted, some);
                    var mean = new double[wanted.ColumnCount];
                    for (int row = 0; row < wanted.RowCount; row++)
                    {
                        for (int i = 0; i < some.Length; i++)
                        {
                            var own = part.AsSpan(((row * some.Length) + i) * wanted.ColumnCount, wanted.ColumnCount).ToArray();
                            Bits.Equal(whole.AsSpan(((row * drawn.QueryHeads) + some[i]) * wanted.ColumnCount, wanted.ColumnCount).ToArray(), own, $"head {some[i]}, {type}, seed {seed}, {where}");
                            for (int n = 0; n < own.Length; n++)
                                mean[n] += (double)own[n] / some.Length;
                        }
                    }

                    Close(mean, columns, $"columns, {type}, seed {seed}, {where}");
                },
                1,
                3);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Looks_AreTheWeightsThatReachTheThreshold(KvDataType type)
    {
        for (int seed = 9400; seed < 9420; seed++)
        {
            using var drawn = new AttentionCase(seed, type);
            var wanted = new Wanted(drawn, new Random(seed), weighted: false);
            int first = (int)wanted.FirstColumn / 64 * 64;
            int columns = wanted.ColumnCount;
            int words = (columns + 63) / 64;
            int group = drawn.QueryHeads / drawn.Layout.KvHeads;
            Backends.ForAll((backend, where) =>
            {
                using var pages = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(seed), aligned: false);
                var weights = new float[wanted.RowCount * drawn.QueryHeads * columns];
                var looked = new ulong[drawn.Layout.KvHeads * words];
                looked.AsSpan().Fill(ulong.MaxValue);
                (int Row, int View)[] rows = [.. Enumerable.Range(0, drawn.Queries.Length).Select(row => (row, 0))];
                drawn.Run(backend, [pages.View], rows, batch =>
                {
                    fixed (float* w = weights)
                    fixed (ulong* l = looked)
                    {
                        var probe = new AttentionProbe { FirstRow = wanted.FirstRow, RowCount = wanted.RowCount, FirstColumn = first, ColumnCount = columns };
                        backend.ObserveAttention(batch, probe with { Weights = w });
                        backend.ObserveAttention(batch, probe with { Looked = l, LookThreshold = 0.004f });
                    }
                });
                for (int head = 0; head < drawn.Layout.KvHeads; head++)
                {
                    for (int n = 0; n < columns; n++)
                    {
                        bool expected = Enumerable.Range(0, wanted.RowCount * group).Any(i => weights[(((i / group * drawn.QueryHeads) + (head * group) + (i % group)) * columns) + n] >= 0.004f);
                        Assert.True(expected == ((looked[(head * words) + (n / 64)] >> (n % 64) & 1) != 0), $"column {n} of head {head}, {type}, seed {seed}, {where}");
                    }
                }
            });
        }
    }

    [Fact]
    public void AProbe_IsRefused_WithoutALogSumExp_OrOverSeveralViews_OrOutsideTheCall()
    {
        using var drawn = new AttentionCase(1, KvDataType.F32, plain: true);
        Backends.Best(backend =>
        {
            using var pages = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(1), aligned: true);
            drawn.Run(backend, [pages.View, pages.View], [(0, 0), (0, 1)], batch =>
            {
                Refused("log-sum-exp", () => backend.ObserveAttention(batch with { LogSumExp = null }, new AttentionProbe { RowCount = 1 }));
                Refused("two views", () => backend.ObserveAttention(batch, new AttentionProbe { RowCount = 2 }));
                Refused("query head", () =>
                {
                    fixed (int* heads = new[] { drawn.QueryHeads })
                        backend.ObserveAttention(batch, new AttentionProbe { RowCount = 1, Heads = heads, HeadCount = 1 });
                });
                Refused("rows 1 to 3", () => backend.ObserveAttention(batch, new AttentionProbe { FirstRow = 1, RowCount = 2 }));
            });
        });

        static void Refused(string what, Action action) =>
            Assert.Contains(what, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    private static (float[] Columns, float[] Ranges) Observe(CpuBackend backend, AttentionCase drawn, KvPages pages, Wanted wanted)
    {
        var columns = new float[wanted.ColumnCount];
        columns.AsSpan().Fill(Before);
        var ranges = new float[wanted.RowCount * wanted.Ranges.Length];
        ranges.AsSpan().Fill(wanted.HasRanges ? float.NaN : 0);
        (int Row, int View)[] rows = [.. Enumerable.Range(0, drawn.Queries.Length).Select(row => (row, 0))];
        drawn.Run(backend, [pages.View], rows, batch =>
        {
            fixed (float* c = columns, r = ranges, w = wanted.Weights)
            fixed (long* starts = wanted.Ranges.Select(range => range.Start).ToArray(), ends = wanted.Ranges.Select(range => range.End).ToArray())
            {
                backend.ObserveAttention(batch, new AttentionProbe
                {
                    FirstRow = wanted.FirstRow,
                    RowCount = wanted.RowCount,
                    FirstColumn = wanted.FirstColumn,
                    ColumnCount = wanted.ColumnCount,
                    ColumnMass = wanted.HasColumns ? c : null,
                    RowWeights = w,
                    RangeMass = wanted.HasRanges ? r : null,
                    RangeCount = wanted.Ranges.Length,
                    RangeStarts = starts,
                    RangeEnds = ends,
                });
            }
        });
        return (columns, ranges);
    }

    private static (float[] Weights, float[] Columns) ObserveHeads(CpuBackend backend, AttentionCase drawn, KvPages pages, Wanted wanted, int[] heads)
    {
        var weights = new float[wanted.RowCount * (heads.Length == 0 ? drawn.QueryHeads : heads.Length) * wanted.ColumnCount];
        var columns = new float[wanted.ColumnCount];
        (int Row, int View)[] rows = [.. Enumerable.Range(0, drawn.Queries.Length).Select(row => (row, 0))];
        drawn.Run(backend, [pages.View], rows, batch =>
        {
            fixed (float* w = weights, c = columns)
            fixed (int* h = heads)
            {
                backend.ObserveAttention(batch, new AttentionProbe
                {
                    FirstRow = wanted.FirstRow,
                    RowCount = wanted.RowCount,
                    FirstColumn = wanted.FirstColumn,
                    ColumnCount = wanted.ColumnCount,
                    Heads = h,
                    HeadCount = heads.Length,
                    Weights = w,
                    ColumnMass = c,
                });
            }
        });
        return (weights, columns);
    }

    private static (double[] Columns, double[] Ranges) Expected(AttentionCase drawn, List<KvRow> rows, Wanted wanted)
    {
        var columns = new double[wanted.ColumnCount];
        columns.AsSpan().Fill(Before);
        var ranges = new double[wanted.RowCount * wanted.Ranges.Length];
        for (int r = 0; r < wanted.RowCount; r++)
        {
            var weights = drawn.MeanWeights(wanted.FirstRow + r, rows);
            for (int i = 0; i < rows.Count; i++)
            {
                long column = rows[i].Row - wanted.FirstColumn;
                if (column >= 0 && column < columns.Length)
                    columns[column] += weights[i] * (wanted.Weights?[r] ?? 1);
                for (int k = 0; k < wanted.Ranges.Length; k++)
                {
                    if (rows[i].Row >= wanted.Ranges[k].Start && rows[i].Row < wanted.Ranges[k].End)
                        ranges[(r * wanted.Ranges.Length) + k] += weights[i];
                }
            }
        }

        return (columns, ranges);
    }

    private static void Close(double[] expected, float[] actual, string what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= (4e-6 * expected[i]) + 1e-7))
                Assert.Fail($"{what}: element {i} is {actual[i]:R}, expected {expected[i]:R}");
        }
    }

    /// <summary>A drawn probe of a case.</summary>
    private sealed record Wanted
    {
        public Wanted(AttentionCase drawn, Random random, bool weighted)
        {
            int end = drawn.Rows.Count == 0 ? 10 : (int)drawn.Rows[^1].Row + 10;
            FirstRow = random.Next(drawn.Queries.Length);
            RowCount = random.Next(1, drawn.Queries.Length - FirstRow + 1);
            FirstColumn = random.Next(end);
            ColumnCount = random.Next(1, end - (int)FirstColumn + 1);
            Weights = weighted ? [.. Enumerable.Range(0, RowCount).Select(_ => random.NextSingle())] : null;
            var ranges = new List<(long, long)>();
            for (int at = random.Next(20); at < end; at += random.Next(3) == 0 ? random.Next(100) : 0)
            {
                int next = at + random.Next(random.Next(3) == 0 ? 300 : 40);
                ranges.Add((at, next));
                at = next;
            }

            Ranges = [.. ranges];
        }

        public int FirstRow { get; init; }

        public int RowCount { get; init; }

        public long FirstColumn { get; }

        public int ColumnCount { get; }

        public float[]? Weights { get; }

        public (long Start, long End)[] Ranges { get; init; }

        public bool HasColumns { get; init; } = true;

        public bool HasRanges { get; init; } = true;
    }
}

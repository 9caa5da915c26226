using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests;

public sealed class AttentionTests
{
    public static TheoryData<KvDataType> Types => [KvDataType.F32, KvDataType.F16, KvDataType.BF16, KvDataType.Q8_0, KvDataType.Q4_0];

    [Theory]
    [MemberData(nameof(Types))]
    public void EveryPath_EqualsTheScalarContract_BitForBit_InEveryForm(KvDataType type)
    {
        for (int seed = 0; seed < 25; seed++)
        {
            using var drawn = new AttentionCase(seed + (100 * (int)type), type);
            int[] rows = [.. Enumerable.Range(0, drawn.Queries.Length)];
            var (output, lse) = Expected(drawn, rows);
            Backends.ForAll((backend, where) =>
            {
                using var pages = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(seed), aligned: seed % 2 == 0);
                var actual = drawn.Run(backend, pages, rows);
                Bits.Equal(output, actual.Output, $"{type}, seed {seed}, {where}");
                Bits.Equal(lse, actual.LogSumExp, $"log-sum-exp, {type}, seed {seed}, {where}");
            });
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Cuts_ChangeNoBit(KvDataType type)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            using var drawn = new AttentionCase(seed + 1000, type);
            int[] rows = [.. Enumerable.Range(0, drawn.Queries.Length)];
            Backends.Best(backend =>
            {
                using var straight = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(1), aligned: true);
                var expected = drawn.Run(backend, straight, rows);
                for (int cut = 0; cut < 5; cut++)
                {
                    using var pages = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(cut), aligned: false);
                    Bits.Equal(expected.Output, drawn.Run(backend, pages, rows).Output, $"{type}, seed {seed}, cut {cut}");
                }
            });
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void AQueryAlone_GivesTheBitsThatItGivesInABatch(KvDataType type)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            using var drawn = new AttentionCase(seed + 2000, type);
            int[] rows = [.. Enumerable.Range(0, drawn.Queries.Length)];
            int width = drawn.QueryHeads * drawn.Layout.HeadDim;
            Backends.ForAll((backend, where) =>
            {
                using var pages = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(seed), aligned: true);
                var together = drawn.Run(backend, pages, rows).Output;
                foreach (int row in rows)
                    Bits.Equal(together.AsSpan(row * width, width), drawn.Run(backend, pages, row).Output, $"{type}, seed {seed}, row {row}, {where}");
            });
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void LaterRowsOfTheCache_ChangeNoBitOfACausalQuery(KvDataType type)
    {
        using var drawn = new AttentionCase(17, type, plain: true);
        for (int seed = 18; drawn.Rows.Count < 100; seed++)
        {
            using var larger = new AttentionCase(seed, type, plain: true);
            if (larger.Rows.Count < 100)
                continue;
            Backends.ForAll((backend, where) =>
            {
                int at = larger.Queries[0].Position;
                using var all = KvPages.Lay(backend, larger.Rows, larger.Layout, new Random(3), aligned: true);
                using var before = KvPages.Lay(backend, [.. larger.Rows.Where(row => row.Position <= at)], larger.Layout, new Random(4), aligned: true);
                Bits.Equal(larger.Run(backend, before, 0).Output, larger.Run(backend, all, 0).Output, $"{type}, {where}");
            });
            return;
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void NaNInRowsThatAQueryDoesNotSee_NeverReachesIt(KvDataType type)
    {
        for (int seed = 3000; seed < 3010; seed++)
        {
            using var drawn = new AttentionCase(seed, type);
            var poisoned = drawn.Rows.Select(row => drawn.Queries.Any(query => AttentionCase.Sees(query, row)) ? row : Poison(row)).ToList();
            int[] rows = [.. Enumerable.Range(0, drawn.Queries.Length)];
            Backends.ForAll((backend, where) =>
            {
                using var clean = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(seed), aligned: false);
                using var dirty = KvPages.Lay(backend, poisoned, drawn.Layout, new Random(seed), aligned: false);
                var expected = drawn.Run(backend, clean, rows).Output;
                Assert.DoesNotContain(expected, float.IsNaN);
                Bits.Equal(expected, drawn.Run(backend, dirty, rows).Output, $"{type}, seed {seed}, {where}");
            });
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void NaNInARowThatIsSeen_IsNotHidden(KvDataType type)
    {
        for (int seed = 4000; seed < 4010; seed++)
        {
            using var drawn = new AttentionCase(seed, type);
            if (!drawn.Rows.Any(row => AttentionCase.Sees(drawn.Queries[0], row)))
                continue;
            var first = drawn.Rows.First(row => AttentionCase.Sees(drawn.Queries[0], row));
            Backends.ForAll((backend, where) =>
            {
                using var pages = KvPages.Lay(backend, [.. drawn.Rows.Select(row => row == first ? Poison(row) : row)], drawn.Layout, new Random(seed), aligned: true);
                Assert.True(drawn.Run(backend, pages, 0).Output.Any(float.IsNaN), $"{type}, seed {seed}, {where}");
            });
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Results_AreThoseOfAPlainSoftmax(KvDataType type)
    {
        for (int seed = 5000; seed < 5020; seed++)
        {
            using var drawn = new AttentionCase(seed, type);
            int[] rows = [.. Enumerable.Range(0, drawn.Queries.Length)];
            int headDim = drawn.Layout.HeadDim;
            Backends.Best(backend =>
            {
                using var pages = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(seed), aligned: true);
                var (output, lse) = drawn.Run(backend, pages, rows);
                for (int i = 0; i < rows.Length * drawn.QueryHeads; i++)
                {
                    var plain = drawn.Plain(i / drawn.QueryHeads, i % drawn.QueryHeads);
                    for (int d = 0; d < headDim; d++)
                        Assert.Equal(plain.Output[d], output[(i * headDim) + d], 2e-6);
                    if (double.IsNegativeInfinity(plain.LogSumExp))
                        Assert.Equal(float.NegativeInfinity, lse[i]);
                    else
                        Assert.Equal(plain.LogSumExp, lse[i], 1e-5);
                }
            });
        }
    }

    private static KvRow Poison(KvRow row)
    {
        var nan = new float[row.Keys.Length];
        nan.AsSpan().Fill(float.NaN);
        return row with { Keys = nan, Values = nan };
    }

    private static (float[] Output, float[] LogSumExp) Expected(AttentionCase drawn, int[] rows)
    {
        var output = new List<float>();
        var lse = new List<float>();
        foreach (int row in rows)
        {
            for (int head = 0; head < drawn.QueryHeads; head++)
            {
                var exact = drawn.Exact(row, head);
                output.AddRange(exact.Output);
                lse.Add(exact.LogSumExp);
            }
        }

        return ([.. output], [.. lse]);
    }
}

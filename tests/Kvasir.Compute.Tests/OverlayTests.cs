using Kvasir.Compute.Tests.Oracle;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests;

/// <summary>Rows that stand in for others give the bits of a cache that holds them itself.</summary>
public sealed unsafe class OverlayTests
{
    public static TheoryData<KvDataType> Types => AttentionTests.Types;

    [Theory]
    [MemberData(nameof(Types))]
    public void AnOverlay_GivesTheBitsOfSegmentsThatHoldItsRows(KvDataType type)
    {
        for (int seed = 6000; seed < 6020; seed++)
        {
            using var drawn = new AttentionCase(seed, type);
            int[] rows = [.. Enumerable.Range(0, drawn.Queries.Length)];
            var (covers, replaced, poisoned) = Replace(drawn, new Random(seed));
            Backends.ForAll((backend, where) =>
            {
                using var plain = KvPages.Lay(backend, replaced, drawn.Layout, new Random(seed), aligned: false);
                using var covered = KvPages.Lay(backend, poisoned, drawn.Layout, new Random(seed + 1), aligned: seed % 2 == 0);
                covered.Cover(backend, covers, new Random(seed));
                var expected = drawn.Run(backend, plain, rows);
                var actual = drawn.Run(backend, covered, rows);
                Bits.Equal(expected.Output, actual.Output, $"{type}, seed {seed}, {where}");
                Bits.Equal(expected.LogSumExp, actual.LogSumExp, $"log-sum-exp, {type}, seed {seed}, {where}");
            });
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void ViewsOfTheSameSegments_WithOverlaysOfTheirOwn_GiveTheBitsThatTheyGiveAlone(KvDataType type)
    {
        int checkedCases = 0;
        for (int seed = 7000; checkedCases < 3; seed++)
        {
            using var drawn = new AttentionCase(seed, type);
            if (drawn.Rows.Count < 200 || drawn.Queries.Length < 4)
                continue;
            checkedCases++;
            var (first, _, _) = Replace(drawn, new Random(seed));
            var (second, _, _) = Replace(drawn, new Random(seed + 1));
            Backends.ForAll((backend, where) =>
            {
                using var pages = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(seed), aligned: false);
                var plain = pages.View;
                pages.Cover(backend, first, new Random(seed));
                var one = pages.View;
                pages.Cover(backend, second, new Random(seed + 1));
                KvView[] views = [one, plain, pages.View, plain, one, plain, pages.View, one];
                (int Row, int View)[] rows = [.. Enumerable.Range(0, views.Length).Select(i => (i % 4, i))];
                var together = drawn.Run(backend, views, rows).Output;
                int width = drawn.QueryHeads * drawn.Layout.HeadDim;
                foreach (var (row, view) in rows)
                {
                    var alone = drawn.Run(backend, [views[view]], (row, 0)).Output;
                    Bits.Equal(alone, together.AsSpan(view * width, width), $"{type}, seed {seed}, view {view}, {where}");
                }
            });
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void ARotationThatIsGiven_GivesTheBitsOfOneThatIsComputed_AndIsUsed(KvDataType type)
    {
        bool differed = false;
        for (int seed = 8000; seed < 8020; seed++)
        {
            using var drawn = new AttentionCase(seed, type);
            int[] rows = [.. Enumerable.Range(0, drawn.Queries.Length)];
            Backends.ForAll((backend, where) =>
            {
                using var pages = KvPages.Lay(backend, drawn.Rows, drawn.Layout, new Random(seed), aligned: false);
                var expected = drawn.Run(backend, pages, rows).Output;
                pages.SetRotations(drawn.Rotation);
                Bits.Equal(expected, drawn.Run(backend, pages, rows).Output, $"{type}, seed {seed}, {where}");
                pages.SetRotations(offset => drawn.Rotation(offset + 700));
                differed |= !expected.AsSpan().SequenceEqual(drawn.Run(backend, pages, rows).Output);
            });
        }

        Assert.True(differed);
    }

    /// <summary>
    /// Draws replacements for some rows, runs of neighbours among them, some for rows that no segment has; the rows with these in their
    /// place; and the rows with NaN in their place.
    /// </summary>
    private static (List<KvRow> Covers, List<KvRow> Replaced, List<KvRow> Poisoned) Replace(AttentionCase drawn, Random random)
    {
        int width = drawn.Layout.KvHeads * drawn.Layout.HeadDim;
        var covers = new List<KvRow>();
        List<KvRow> replaced = [], poisoned = [];
        var nan = new float[width];
        nan.AsSpan().Fill(float.NaN);
        bool inRun = false;
        long next = 0;
        foreach (var row in drawn.Rows)
        {
            if (row.Row > next && random.Next(2) == 0)
                covers.Add(row with { Row = random.NextInt64(next, row.Row), Keys = nan, Values = nan });
            next = row.Row + 1;
            inRun = random.Next(8) == 0 ? !inRun : inRun;
            if (!inRun)
            {
                replaced.Add(row);
                poisoned.Add(row);
                continue;
            }

            // Rotated where it is read.
            var cover = row with { Position = row.Position + row.Offset, Offset = 0, Keys = Numbers(random, width), Values = Numbers(random, width) };
            covers.Add(cover);
            replaced.Add(cover);
            poisoned.Add(row with { Keys = nan, Values = nan });
        }

        covers.Add(new KvRow(next + random.Next(9), 0, 0, false, null, nan, nan));
        return (covers, replaced, poisoned);
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * 2)];
}

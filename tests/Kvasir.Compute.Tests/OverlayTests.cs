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
            var (covers, replaced, poisoned) = Replacements.Draw(drawn, new Random(seed));
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
            var (first, _, _) = Replacements.Draw(drawn, new Random(seed));
            var (second, _, _) = Replacements.Draw(drawn, new Random(seed + 1));
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
}

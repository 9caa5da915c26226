using Kvasir.KvCache.Reading;

namespace Kvasir.KvCache.Tests.Reading;

public sealed class RowRangesTests
{
    [Fact]
    public void SettledRanges_AreTheSetOfRowsThatWereAdded()
    {
        var random = new Random(4);
        var ranges = new RowRanges();
        for (var round = 0; round < 500; round++)
        {
            ranges.Clear();
            var end = 1 + random.Next(120);
            var expected = new SortedSet<int>();
            for (var i = random.Next(12); i > 0; i--)
            {
                var start = random.Next(-20, 130);
                var last = start + random.Next(-3, 30);
                ranges.Add(start, last);
                for (var row = Math.Max(0, start); row < Math.Min(last, end); row++)
                    expected.Add(row);
            }

            ranges.Settle(end);
            var rows = new List<int>();
            var previous = -1;
            for (var i = 0; i < ranges.Count; i++)
            {
                Assert.True(ranges[i].Start > previous, "ranges touch or do not ascend");
                rows.AddRange(Enumerable.Range(ranges[i].Start, ranges[i].End - ranges[i].Start));
                previous = ranges[i].End;
            }

            Assert.Equal(expected, rows);
            Assert.Equal(expected.Count, ranges.Rows);
        }
    }
}

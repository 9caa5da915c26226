using Kvasir.KvCache.Tables;

namespace Kvasir.KvCache.Tests.Compression;

public sealed class HoleFillingTests
{
    [Fact]
    public void Moves_LeaveExactlyTheRowsThatWereNotRemoved()
    {
        var random = new Random(5);
        for (var run = 0; run < 2000; run++)
        {
            var count = random.Next(1, 40);
            int[] removed = [.. Enumerable.Range(0, count).Where(_ => random.Next(3) == 0)];
            int[] rows = [.. Enumerable.Range(0, count)];
            HoleFilling.Apply(rows.AsSpan(), removed);
            var left = rows[..(count - removed.Length)];
            Assert.Equal(Enumerable.Range(0, count).Except(removed), left.Order());
            for (var row = 0; row < left.Length; row++)
                Assert.True(left[row] == row || removed.Contains(row), $"run {run}: row {row} moved without need");
        }
    }
}

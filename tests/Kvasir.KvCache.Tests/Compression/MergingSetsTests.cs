using Kvasir.KvCache.Compression;

namespace Kvasir.KvCache.Tests.Compression;

public sealed class MergingSetsTests
{
    [Fact]
    public void Sets_AreTheLongestRunsOfPairsAboveTheThreshold()
    {
        var random = new Random(7);
        for (var run = 0; run < 1000; run++)
        {
            var (cosines, isProtected) = Draw(random);
            var threshold = random.NextDouble();
            var sets = MergingSets.Find(cosines, isProtected, threshold);

            // By definition: rows i and j are in one set when no row between them is protected and no pair between them is below.
            for (var i = 0; i < isProtected.Length; i++)
            {
                for (var j = i; j < isProtected.Length; j++)
                {
                    var together = Enumerable.Range(i, j - i + 1).All(row => !isProtected[row]) && Enumerable.Range(i, j - i).All(row => cosines[row] >= threshold);
                    Assert.Equal(together, sets.Exists(set => set.Start <= i && j < set.End));
                }
            }
        }
    }

    [Fact]
    public void ExactMode_GivesAsManySetsAsAskedFor_WhereThatIsPossible()
    {
        var random = new Random(8);
        for (var run = 0; run < 1000; run++)
        {
            var (cosines, isProtected) = Draw(random);
            var free = isProtected.Count(row => !row);
            var stretches = MergingSets.Find(cosines, isProtected, double.NegativeInfinity).Count;
            if (free == 0)
                continue;
            var wanted = random.Next(stretches, free + 1);
            var sets = MergingSets.Exactly(cosines, isProtected, wanted);
            Assert.Equal(wanted, sets.Count);
            Assert.Equal(free, sets.Sum(set => set.End - set.Start));
        }
    }

    private static (float[] Cosines, bool[] IsProtected) Draw(Random random)
    {
        var rows = random.Next(2, 30);
        return ([.. Enumerable.Range(0, rows - 1).Select(_ => random.NextSingle())], [.. Enumerable.Range(0, rows).Select(_ => random.Next(5) == 0)]);
    }
}

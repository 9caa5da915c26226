using Kvasir.KvCache.Compression;

namespace Kvasir.KvCache.Tests.Compression;

public sealed class LookHistoryTests
{
    [Fact]
    public void BooksAreThoseOfAStepAfterTheOther()
    {
        var random = new Random(4);
        var history = new int[64];
        for (var round = 0; round < 3000; round++)
        {
            var steps = random.Next(1, LookHistory.Steps + 1);
            var stride = random.Next(1, 5);
            var share = random.NextDouble() * random.NextDouble();
            var looked = new ulong[((steps - 1) * stride) + 1];
            for (var step = 0; step < steps; step++)
            {
                for (var row = 0; row < 64; row++)
                    looked[step * stride] |= random.NextDouble() < share ? 1UL << row : 0;
            }

            var before = random.Next(1000);
            int[] seen = [.. Enumerable.Range(0, 64).Select(_ => random.Next(Math.Max(0, before - 20), before + 1))];
            int[] gap = [.. Enumerable.Range(0, 64).Select(_ => random.Next(20))];
            int[] expectedSeen = [.. seen], expectedGap = [.. gap];
            for (var step = 0; step < steps; step++)
            {
                for (var row = 0; row < 64; row++)
                {
                    if ((looked[step * stride] >> row & 1) != 0)
                        (expectedGap[row], expectedSeen[row]) = (Math.Max(expectedGap[row], before + 1 + step - expectedSeen[row]), before + 1 + step);
                }
            }

            Assert.Equal(looked.Any(word => word != 0), LookHistory.Gather(looked, stride, steps, history));
            if (looked.Any(word => word != 0))
                LookHistory.Follow(history, before, seen, gap);
            Assert.Equal(expectedSeen, seen);
            Assert.Equal(expectedGap, gap);
        }
    }
}

using Kvasir.KvCache.Compression;

namespace Kvasir.KvCache.Tests.Compression;

public sealed class BudgetTests
{
    [Fact]
    public void PiecesAreWhole_NoMoreThanThereAre_AndNoneIsLeftWhileALayerCanTakeIt()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var wanted = Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.NextDouble() + 1e-3).ToArray();
            var piece = random.Next(1, 40);
            var others = random.Next(0, 50);
            var caps = wanted.Select(_ => random.Next(0, 600)).ToArray();
            var total = random.NextInt64(0, 400L * wanted.Length);
            var budgets = LayerBudgets.SplitPieces(wanted, total, caps, others, piece);
            long taken = 0, least = 0;
            var open = false;
            for (var i = 0; i < budgets.Length; i++)
            {
                Assert.InRange(budgets[i], 0, caps[i]);
                Assert.True(budgets[i] == caps[i] || (budgets[i] + others) % piece == 0, $"seed {seed}");
                taken += (budgets[i] + others + piece - 1) / piece;
                least += (others + piece - 1) / piece;
                open |= budgets[i] < caps[i];
            }

            var there = (total + ((long)others * wanted.Length)) / piece;
            Assert.True(taken <= Math.Max(there, least), $"seed {seed}");
            Assert.True(!open || taken >= there, $"seed {seed}");
        }
    }

    [Fact]
    public void LayerThatWantsMore_HasNoFewerPieces()
    {
        Assert.Equal([32, 96], LayerBudgets.SplitPieces([1, 3], 128, [1000, 1000], 32, 32));
        Assert.Equal([40, 72], LayerBudgets.SplitPieces([1, 3], 128, [1000, 1000], 24, 32)); // 176 rows are five pieces and a half
        Assert.Equal([128, 0], LayerBudgets.SplitPieces([1, 3], 128, [1000, 0], 0, 32));
    }

    [Fact]
    public void LayerBudgets_SumToTheTotal_UpToTheCaps()
    {
        var random = new Random(3);
        for (var run = 0; run < 2000; run++)
        {
            double[] wanted = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => Math.Pow(10, (random.NextDouble() * 12) - 6))];
            var (total, cap) = (random.Next(0, 5000), random.Next(1, 600));
            var budgets = LayerBudgets.Split(wanted, total, cap);
            Assert.Equal(Math.Min(total, cap * wanted.Length), budgets.Sum());
            Assert.All(budgets, budget => Assert.InRange(budget, 0, cap));
        }
    }

    [Fact]
    public void CompressKvBudgets_AreBetween32AndThreeTimesTheMean_AndSumExactly()
    {
        var random = new Random(4);
        for (var run = 0; run < 2000; run++)
        {
            double[] errors = [.. Enumerable.Range(0, random.Next(2, 33)).Select(_ => random.NextDouble() + 0.01)];
            var sum = errors.Sum();
            var budget = random.Next(33, 2000);
            var budgets = CompressKvPolicy.Budgets([.. errors.Select(error => error / sum)], budget);
            Assert.Equal(budget * errors.Length, budgets.Sum());
            Assert.All(budgets, rows => Assert.InRange(rows, 32, 3 * budget));
        }
    }

    [Fact]
    public void HeadBudgets_ShareALayersBudgetExactly()
    {
        var random = new Random(6);
        for (var run = 0; run < 200; run++)
        {
            float[][] scores = [.. Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, 100).Select(_ => random.NextSingle()).ToArray())];
            var budgets = new int[4];
            HeadBudgets.Share(scores, 30, 0.2, budgets);
            Assert.Equal(120, budgets.Sum());
            Assert.All(budgets, budget => Assert.InRange(budget, 6, 100));
        }
    }

    [Fact]
    public void TopRows_AreThoseOfASort_WithTiesToTheLowerRow()
    {
        var random = new Random(9);
        for (var run = 0; run < 1000; run++)
        {
            float[] scores = [.. Enumerable.Range(0, random.Next(1, 50)).Select(_ => (float)random.Next(6))];
            var count = random.Next(0, scores.Length + 2);
            var rows = new List<int>();
            TopRows.Add(scores, count, rows);
            Assert.Equal(Enumerable.Range(0, scores.Length).OrderByDescending(row => scores[row]).ThenBy(row => row).Take(count).Order(), rows);
        }
    }
}

using Kvasir.KvCache.Compression;

namespace Kvasir.KvCache.Tests.Compression;

public sealed class BudgetTests
{
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

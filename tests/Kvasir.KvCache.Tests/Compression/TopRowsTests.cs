using Kvasir.KvCache.Compression;

namespace Kvasir.KvCache.Tests.Compression;

public sealed class TopRowsTests
{
    [Fact]
    public void Chosen_AreThoseOfASort_WithTiesZerosInfinitiesAndNaN()
    {
        var random = new Random(11);
        float[] odd = [0f, -0f, 1f, -1f, float.Epsilon, -float.Epsilon, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue];
        for (var round = 0; round < 2000; round++)
        {
            var share = random.NextDouble();
            float[] scores = [.. Enumerable.Range(0, random.Next(round % 2 == 0 ? 80 : 500)).Select(_ => random.NextDouble() < share ? odd[random.Next(odd.Length)] : (float)(random.NextDouble() - 0.5))];
            var count = random.Next(scores.Length + 3);
            var rows = new List<int>();
            TopRows.Add(scores, count, rows, first: 7);

            // NaN and minus infinity are alike; so are the zeros.
            double Rank(int row) => float.IsNaN(scores[row]) ? double.NegativeInfinity : scores[row];
            var expected = Enumerable.Range(0, scores.Length).OrderByDescending(Rank).ThenBy(row => row).Take(count).Order().Select(row => row + 7);
            Assert.Equal(expected, rows);
            var others = new List<int>();
            TopRows.AddOthers(scores, count, others);
            Assert.Equal(Enumerable.Range(0, scores.Length).Except(rows.Select(row => row - 7)), others);
        }
    }
}

using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Rag.Measures;

namespace Kvasir.Benchmarks.Tests.Rag;

public class MeasureTests
{
    [Theory]
    [InlineData("It was 1828.", "1828", true)]
    [InlineData("basil VINTER", "Basil Vinter", true)]
    [InlineData("18280", "1828", false)]
    [InlineData("a1828", "1828", false)]
    [InlineData("18280 or 1828", "1828", true)]
    [InlineData("", "1828", false)]
    public void AnAnswerIsRight_WhenItHoldsAnAcceptedOneAsWholeWords(string answer, string accepted, bool right) =>
        Assert.Equal(right, ExactMatch.Holds(answer, ["nothing of the kind", accepted]));

    [Fact]
    public void Divergence_IsThatOfTheDistributions_WhateverIsAddedToTheLogits()
    {
        float[] full = [MathF.Log(0.5f), MathF.Log(0.25f), MathF.Log(0.25f)];
        float[] other = [3 + MathF.Log(0.25f), 3 + MathF.Log(0.25f), 3 + MathF.Log(0.5f)];
        Assert.Equal(0.5 * Math.Log(2) - (0.25 * Math.Log(2)), Divergence.Kl(full, other), 6);
        Assert.Equal(0, Divergence.Kl(full, full));
        Assert.Throws<ArgumentException>(() => Divergence.Kl(full, other.AsSpan(1)));
    }

    [Fact]
    public void Spearman_KnowsOrder_Opposites_AndTies()
    {
        Assert.Equal(1, Spearman.Correlate([1, 5, 9, 10], [2, 3, 400, 401]), 12);
        Assert.Equal(-1, Spearman.Correlate([1, 2, 3], [9, 8, 7]), 12);

        // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4.
        Assert.Equal(4.5 / Math.Sqrt(4.5 * 5), Spearman.Correlate([1, 2, 2, 3], [1, 2, 3, 4]), 12);
        Assert.True(double.IsNaN(Spearman.Correlate([1, 1, 1], [1, 2, 3])));
    }

    [Fact]
    public void Interval_IsStudents_AndUnknownForOneValue()
    {
        var interval = Interval.Of([1, 2, 3, 4, 5]);
        Assert.Equal(3, interval.Mean);
        Assert.Equal(3 - (2.776 * Math.Sqrt(2.5 / 5)), interval.Low, 9);
        Assert.Equal(3 + (2.776 * Math.Sqrt(2.5 / 5)), interval.High, 9);
        Assert.True(double.IsNaN(Interval.Of([7]).Low));
    }

    [Fact]
    public void AGrid_FindsABlockOnlyWhereItLiesOnTheGrid()
    {
        var grid = new GridReuse(4);
        grid.Add([1, 2, 3, 4, 5, 6, 7, 8]);
        grid.Add([9, 9, 9, 9, 5, 6, 7, 8, 1]);
        Assert.Equal(4, grid.Tokens);
        grid.Add([0, 1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Equal(4, grid.Tokens);
    }
}

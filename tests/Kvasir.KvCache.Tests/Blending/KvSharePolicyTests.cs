using Kvasir.KvCache.Blending;

namespace Kvasir.KvCache.Tests.Blending;

public class KvSharePolicyTests
{
    [Fact]
    public void Rows_AreRankedByMeanAttentionTimesDeviation()
    {
        // Positions 4..7, prompt of 10: 6, 5, 4, 3 queries see them. Mass 1.2, 2, 0.8, 0.9: means 0.2, 0.4, 0.2, 0.3.
        // Deviation 4, 1, 3, 1: scores 0.8, 0.4, 0.6, 0.3.
        var spans = Snapshots.Spans(4, 4);
        float[] mass = [1.2f, 2, 0.8f, 0.9f];
        Assert.Equal([0, 2], Snapshots.Select(new KvSharePolicy(0.5), spans, [4, 1, 3, 1], mass, promptLength: 10));
        // By the sum: 4.8, 2, 2.4, 0.9. By the mean alone 0.4 and 0.3, by the deviation alone 4 and 3.
        Assert.Equal([1, 3], Snapshots.Select(new KvSharePolicy(0.5, score: KvShareScore.MeanMass), spans, [4, 1, 3, 1], mass, promptLength: 10));
        Assert.Equal([0, 2], Snapshots.Select(new KvSharePolicy(0.5, score: KvShareScore.Deviation), spans, [4, 1, 3, 1], mass, promptLength: 10));
    }

    [Fact]
    public void EarlyRows_AreNotFavouredForBeingSeenByMoreQueries()
    {
        // Every query spreads its attention evenly: column sums fall with the position, but no row matters more than another. Row 30 deviates a little more.
        var spans = Snapshots.Spans(0, 40);
        var mass = Enumerable.Range(0, 40).Select(i => (50 - i) * 0.02f).ToArray();
        var deviation = Enumerable.Range(0, 40).Select(i => i == 30 ? 1.1f : 1f).ToArray();
        Assert.Contains(30, Snapshots.Select(new KvSharePolicy(0.03), spans, deviation, mass, promptLength: 50));
        Assert.Equal([0], Snapshots.Select(new KvSharePolicy(0.03, score: KvShareScore.SumMassTimesDeviation), spans, deviation, mass, promptLength: 50));
    }

    [Fact]
    public void Queries_AreCountedUpToWhereTheSumEnds()
    {
        // Sums over queries up to position 4 only: 4 and 1 queries see rows 0 and 3; means 0.25 and 0.9. Over 20 they would be 0.05 and 0.053.
        var spans = Snapshots.Spans(0, 4);
        Assert.Equal([0], Snapshots.Select(new KvSharePolicy(0.25), spans, [4, 0, 0, 1], [1, 0, 0, 0.9f], promptLength: 20, queryEnd: 4));
        Assert.Equal([3], Snapshots.Select(new KvSharePolicy(0.25), spans, [3, 0, 0, 1], [1, 0, 0, 0.9f], promptLength: 20, queryEnd: 4));
        Assert.Equal([0], Snapshots.Select(new KvSharePolicy(0.25), spans, [3, 0, 0, 1], [1, 0, 0, 0.9f], promptLength: 20));
    }

    [Fact]
    public void BesideTheAnswer_TheLargestProductsAboveTheThreshold_Ascending()
    {
        float[] mass = [0.1f, 0.4f, 0.2f, 0.1f, 0.3f, 0.9f];
        float[] deviation = [5, 1, 3, 9, 1, 0]; // products 0.5, 0.4, 0.6, 0.9, 0.3; the last is repaired
        Assert.Equal([0, 2, 3], Answer(new KvSharePolicy(0.1), mass, deviation));
        Assert.Equal([3], Answer(new KvSharePolicy(0.1, answerRepairs: 1), mass, deviation));
        Assert.Equal([2, 3], Answer(new KvSharePolicy(0.1, threshold: 0.55), mass, deviation));
        Assert.Equal([0, 1, 2, 3, 4], Answer(new KvSharePolicy(0.1, answerRepairs: 9), mass, deviation));
        Assert.Empty(Answer(new KvSharePolicy(0.1, threshold: 1), mass, deviation));
        Assert.Empty(Answer(new KvSharePolicy(0.1, answerRepairs: 0), mass, deviation));
        Assert.Empty(Answer(new KvSharePolicy(0.1), [0, 0], [1, 1]));
        Assert.Empty(Answer(new KvSharePolicy(0.1), [], []));
    }

    [Fact]
    public void BesideTheAnswer_TiesGoToTheLowerRow_AndRepairedRowsAreNeverNamed()
    {
        Assert.Equal([1, 2], Answer(new KvSharePolicy(0, answerRepairs: 2), [1, 1, 1, 1], [0, 1, 1, 1]));
        Assert.Equal([1, 3], Answer(new KvSharePolicy(0, answerRepairs: 2), [float.NaN, 1, 1, float.NaN], [0, 1, 1, 1]));
    }

    [Fact]
    public void AnswerStage_AgreesWithSortingEverything()
    {
        var random = new Random(6);
        for (var round = 0; round < 500; round++)
        {
            var rows = random.Next(60);
            var mass = Enumerable.Range(0, rows).Select(_ => random.Next(5) / 4f).ToArray();
            var deviation = Enumerable.Range(0, rows).Select(_ => random.Next(5) / 2f).ToArray();
            var (count, threshold) = (random.Next(6), random.Next(3) / 4.0);
            var expected = Enumerable.Range(0, rows).Where(row => mass[row] * deviation[row] > threshold)
                .OrderByDescending(row => mass[row] * deviation[row]).ThenBy(row => row).Take(count).Order();
            Assert.Equal(expected, Answer(new KvSharePolicy(0.2, count, threshold), mass, deviation));
        }
    }

    [Fact]
    public void Signals_AreWhatTheStagesNeed()
    {
        Assert.Equal(BlendSignals.Deviation | BlendSignals.ColumnMass | BlendSignals.AnswerMass, new KvSharePolicy(0.2).Signals);
        Assert.Equal(BlendSignals.Deviation | BlendSignals.ColumnMass, new KvSharePolicy(0.2, answerRepairs: 0).Signals);
        Assert.Equal(BlendSignals.Deviation, new KvSharePolicy(0.2, answerRepairs: 0, score: KvShareScore.Deviation).Signals);
        Assert.Equal((DeviationKind.ValueAbsolute, 3), (new KvSharePolicy(0.2).Deviation, new KvSharePolicy(0.2).AnswerRepairs));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvSharePolicy(0.2, answerRepairs: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvSharePolicy(0.2, answerRepairs: 257));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvSharePolicy(0.2, threshold: double.NaN));
    }

    private static List<int> Answer(KvSharePolicy policy, float[] mass, float[] deviation)
    {
        var repaired = new List<int>();
        policy.SelectForAnswer(new AnswerSnapshot { Mass = mass, Deviation = deviation }, repaired);
        return repaired;
    }
}

namespace Kvasir.Engine.Verification;

/// <summary>Deviation of logits from reference logits, over many rows.</summary>
public sealed class LogitComparison
{
    private double _klSum;

    /// <summary>Rows compared.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows whose most probable token is the same.</summary>
    public long TopAgreements { get; private set; }

    /// <summary>Largest absolute difference of a logit.</summary>
    public double MaxAbsDifference { get; private set; }

    /// <summary>Smallest reference logit.</summary>
    public double Minimum { get; private set; } = double.PositiveInfinity;

    /// <summary>Largest reference logit.</summary>
    public double Maximum { get; private set; } = double.NegativeInfinity;

    /// <summary>Largest minus smallest reference logit.</summary>
    public double Range => Rows == 0 ? 0 : Maximum - Minimum;

    /// <summary>Part of the rows with the same most probable token.</summary>
    public double TopAgreement => Rows == 0 ? 0 : (double)TopAgreements / Rows;

    /// <summary>Mean Kullback-Leibler divergence of the distribution from the reference's, in nats.</summary>
    public double MeanDivergence => Rows == 0 ? 0 : _klSum / Rows;

    /// <summary>Adds a row.</summary>
    public void Add(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        if (expected.Length != actual.Length)
            throw new ArgumentException($"rows of {expected.Length} and {actual.Length} logits cannot be compared", nameof(actual));
        Rows++;
        int expectedTop = 0, actualTop = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            var difference = Math.Abs((double)expected[i] - actual[i]);
            MaxAbsDifference = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(MaxAbsDifference, difference);
            Minimum = Math.Min(Minimum, expected[i]);
            Maximum = Math.Max(Maximum, expected[i]);
            expectedTop = expected[i] > expected[expectedTop] ? i : expectedTop;
            actualTop = actual[i] > actual[actualTop] ? i : actualTop;
        }

        TopAgreements += expectedTop == actualTop ? 1 : 0;
        _klSum += Divergence(expected, actual, expected[expectedTop], actual[actualTop]);
    }

    private static double Divergence(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double expectedMax, double actualMax)
    {
        double expectedSum = 0, actualSum = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            expectedSum += Math.Exp(expected[i] - expectedMax);
            actualSum += Math.Exp(actual[i] - actualMax);
        }

        var expectedLog = expectedMax + Math.Log(expectedSum);
        var actualLog = actualMax + Math.Log(actualSum);
        var divergence = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            var logprob = expected[i] - expectedLog;
            divergence += Math.Exp(logprob) * (logprob - (actual[i] - actualLog));
        }

        return divergence;
    }
}

namespace Kvasir.Benchmarks.Agents.Measures;

/// <summary>How far the distribution of a token is from that of the dense run.</summary>
internal static class LogitDivergence
{
    /// <summary>Kullback-Leibler divergence, nats: what is lost by believing <paramref name="logits"/> where <paramref name="dense"/> is right.</summary>
    public static double Kl(ReadOnlySpan<float> dense, ReadOnlySpan<float> logits)
    {
        var (normDense, norm) = (LogSum(dense), LogSum(logits));
        var sum = 0.0;
        for (var i = 0; i < dense.Length; i++)
        {
            var logProbability = dense[i] - normDense;
            sum += Math.Exp(logProbability) * (logProbability - (logits[i] - norm));
        }

        return Math.Max(0, sum); // rounding may leave a sum of equal rows just below zero
    }

    private static double LogSum(ReadOnlySpan<float> logits)
    {
        var most = double.NegativeInfinity;
        foreach (var logit in logits)
            most = Math.Max(most, logit);
        var sum = 0.0;
        foreach (var logit in logits)
            sum += Math.Exp(logit - most);
        return most + Math.Log(sum);
    }
}

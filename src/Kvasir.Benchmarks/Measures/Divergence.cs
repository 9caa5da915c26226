namespace Kvasir.Benchmarks.Measures;

/// <summary>How far logits are from those of full recomputation.</summary>
internal static class Divergence
{
    /// <summary>Kullback-Leibler divergence, nats: what is lost by believing <paramref name="logits"/> where <paramref name="full"/> is right.</summary>
    public static double Kl(ReadOnlySpan<float> full, ReadOnlySpan<float> logits)
    {
        if (full.Length != logits.Length)
            throw new ArgumentException($"{logits.Length} logits are compared with {full.Length}", nameof(logits));
        var normFull = LogSum(full);
        var norm = LogSum(logits);
        var sum = 0.0;
        for (var i = 0; i < full.Length; i++)
        {
            var logProbability = full[i] - normFull;
            sum += Math.Exp(logProbability) * (logProbability - (logits[i] - norm));
        }

        // Rounding may leave a sum of equal rows just below zero.
        return Math.Max(0, sum);
    }

    /// <summary>Largest difference of two rows.</summary>
    public static double MaxDifference(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        var most = 0.0;
        for (var i = 0; i < one.Length; i++)
            most = Math.Max(most, Math.Abs((double)one[i] - other[i]));
        return most;
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

namespace Kvasir.Engine.Verification;

/// <summary>Mean negative log-likelihood of texts under a model.</summary>
internal static class Perplexity
{
    /// <summary>Sum of -ln p over all tokens but the first, and their number.</summary>
    public static (double Sum, int Tokens) Score(ColdRun run, ReadOnlySpan<int> tokens, CancellationToken cancellation)
    {
        run.Reset();
        var copy = tokens.ToArray();
        var sum = 0.0;
        run.Extend(copy, (position, logits) =>
        {
            if (position + 1 < copy.Length)
                sum -= LogProbability(logits, copy[position + 1]);
        }, cancellation);
        return (sum, copy.Length - 1);
    }

    public static double LogProbability(ReadOnlySpan<float> logits, int token)
    {
        var largest = double.NegativeInfinity;
        foreach (var logit in logits)
            largest = Math.Max(largest, logit);
        var sum = 0.0;
        foreach (var logit in logits)
            sum += Math.Exp(logit - largest);
        return logits[token] - largest - Math.Log(sum);
    }
}

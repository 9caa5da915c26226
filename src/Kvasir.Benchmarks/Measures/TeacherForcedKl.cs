namespace Kvasir.Benchmarks.Measures;

/// <summary>
/// How far a way of keeping keys and values is from the exact cache, under teacher forcing: both read the same answer, and at each of its
/// tokens the distributions that it would have been chosen from are compared. Not blurred by answers that go apart.
/// </summary>
/// <param name="Kl">Divergence at each token, nats: what is lost by believing the method where the exact cache is right.</param>
/// <param name="SameTop">Whether the most probable token is the same, at each token.</param>
internal sealed record TeacherForcedKl(IReadOnlyList<double> Kl, IReadOnlyList<bool> SameTop)
{
    /// <summary>Mean over the tokens; NaN without any.</summary>
    public double Mean => Kl.Count == 0 ? double.NaN : Kl.Average();

    /// <summary>Share of tokens with the same most probable one; NaN without any.</summary>
    public double Agreement => SameTop.Count == 0 ? double.NaN : SameTop.Average(same => same ? 1.0 : 0);

    /// <summary>Compares logits of the same tokens.</summary>
    /// <param name="exact">Of the exact cache, <c>[tokens][vocabulary]</c>.</param>
    /// <param name="method">Of the method, as <paramref name="exact"/>.</param>
    /// <exception cref="ArgumentException">There are not as many of both.</exception>
    public static TeacherForcedKl Compare(IReadOnlyList<float[]> exact, IReadOnlyList<float[]> method)
    {
        if (exact.Count != method.Count)
            throw new ArgumentException($"{method.Count} rows of logits are compared with {exact.Count}", nameof(method));
        return new TeacherForcedKl(
            [.. exact.Zip(method, (one, other) => Divergence.Kl(one, other))],
            [.. exact.Zip(method, (one, other) => Top(one) == Top(other))]);
    }

    /// <summary>Whether each of the tokens is the most probable one.</summary>
    public static bool Follow(IReadOnlyList<float[]> logits, ReadOnlySpan<int> tokens)
    {
        for (var i = 0; i < tokens.Length; i++)
        {
            if (Top(logits[i]) != tokens[i])
                return false;
        }

        return true;
    }

    /// <summary>Negative log-likelihood of the tokens, nats each.</summary>
    public static double[] Surprise(IReadOnlyList<float[]> logits, ReadOnlySpan<int> tokens)
    {
        if (logits.Count != tokens.Length)
            throw new ArgumentException($"{logits.Count} rows of logits for {tokens.Length} tokens", nameof(logits));
        var surprise = new double[tokens.Length];
        for (var i = 0; i < surprise.Length; i++)
        {
            var most = (double)logits[i].Max();
            var sum = 0.0;
            foreach (var logit in logits[i])
                sum += Math.Exp(logit - most);
            surprise[i] = most + Math.Log(sum) - logits[i][tokens[i]];
        }

        return surprise;
    }

    private static int Top(float[] logits) => Array.IndexOf(logits, logits.Max());
}

namespace Kvasir.Benchmarks.ScBench.Workloads;

/// <summary>Makes sessions of a wanted length. They are made to fit: nothing is ever cut out of their middle.</summary>
internal static class ScFitter
{
    /// <summary>Steps of the search; every one halves what is left.</summary>
    private const int MostSteps = 40;

    /// <summary>The largest session whose context has at most so many tokens.</summary>
    /// <param name="task">The task.</param>
    /// <param name="seed">The session's seed.</param>
    /// <param name="tokens">Most tokens.</param>
    /// <param name="count">Tokens of a text.</param>
    /// <exception cref="ArgumentException">Even the smallest session is longer.</exception>
    public static ScSession Fit(IScTask task, int seed, int tokens, Func<string, int> count)
    {
        var (size, best) = (task.LeastSize, Make(task.LeastSize));
        var most = count(best.Prefix);
        if (most > tokens)
            throw new ArgumentException($"{task.Name} has {most} tokens at least; {tokens} are too few for it", nameof(tokens));
        var above = int.MaxValue;
        for (var step = 0; step < MostSteps && above - size > 1; step++)
        {
            // Tokens grow nearly in proportion to the size, so that a guess is near soon.
            var guess = (int)Math.Min((long)size * tokens / Math.Max(1, most) + 1, int.MaxValue / 2);
            var next = above == int.MaxValue ? Math.Max(size + 1, guess) : Math.Clamp(guess, size + 1, above - 1);
            if (above != int.MaxValue && step > 6)
                next = size + ((above - size) / 2);
            var session = Make(next);
            var length = count(session.Prefix);
            if (length > tokens)
                above = next;
            else
                (size, best, most) = (next, session, length);
        }

        return best;

        ScSession Make(int wanted) => task.Create(new ScDraws(seed), wanted);
    }
}

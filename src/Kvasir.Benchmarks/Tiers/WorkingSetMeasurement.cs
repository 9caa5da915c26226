using Kvasir.Engine.Tiers;

namespace Kvasir.Benchmarks.Tiers;

/// <summary>Documents four times the pool, each asked about twice, all once before any a second time.</summary>
internal static class WorkingSetMeasurement
{
    private const int TimesThePool = 4;

    /// <summary>Mean time to first token of the second round, seconds.</summary>
    public static async Task<double> RunAsync(TierBenchmarkOptions options, double bytesPerToken, TierOptions? tiers, bool reuse, CancellationToken cancellation)
    {
        using var session = await TierSession.OpenAsync(options, options.PoolTokens, bytesPerToken, tiers).ConfigureAwait(false);
        var documents = Enumerable.Range(0, TimesThePool * options.PoolTokens / options.DocumentTokens)
            .Select(i => session.Prompt(options.DocumentTokens, seed: 100 + i))
            .ToArray();
        var second = new List<double>();
        for (var round = 0; round < 2; round++)
        {
            // Without reuse the first round changes nothing.
            if (!reuse && round == 0)
                continue;
            foreach (var document in documents)
            {
                var answer = await session.AnswerAsync(document, 2, reuse, cancellation).ConfigureAwait(false);
                if (round == 1)
                    second.Add(answer.Statistics.TimeToFirstToken.TotalSeconds);
            }

            await session.Engine.FlushTiersAsync(TimeSpan.FromMinutes(5)).ConfigureAwait(false);
        }

        return second.Average();
    }
}

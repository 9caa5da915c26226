using Kvasir.Benchmarks.Measures;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Retention.Objects;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Books;
using Kvasir.KvCache.Tiers.Host;
using Kvasir.KvCache.Tiers.Links;

namespace Kvasir.Benchmarks.Tiers;

/// <summary>
/// A long context from a tier behind a slow link, and a question behind it: loading and computing take about as long, so whoever does one
/// after the other takes twice as long as need be.
/// </summary>
internal static class PipelineMeasurement
{
    private const int QuestionTokens = 512;

    /// <param name="Ttft">Time to first token, seconds.</param>
    /// <param name="Load">What the link needs for the bytes.</param>
    /// <param name="Compute">Time to first token with the context in the pool.</param>
    internal sealed record Result(double Ttft, double Load, double Compute);

    public static async Task<Result> RunAsync(TierBenchmarkOptions options, double bytesPerToken, int tokens, CancellationToken cancellation)
    {
        tokens -= QuestionTokens;
        var bytes = (long)(tokens * bytesPerToken);
        var compute = await ComputeAsync(options, bytesPerToken, tokens, cancellation).ConfigureAwait(false);
        var link = new LinkModel(bytes / compute);
        var tiers = new TierOptions
        {
            Scrub = false,
            LayersPerRecord = 1,
            Moves = new KvTierOptions { MaxPendingStores = 64 },
            Further = geometry => [new LinkedTier(new HostTier(geometry, new TierLimits { CapacityBytes = 2 * bytes }, new LruPolicy()), link)],
        };
        using var session = await TierSession.OpenAsync(options, tokens + (2 * QuestionTokens), bytesPerToken, tiers).ConfigureAwait(false);
        var context = session.Prompt(tokens, seed: 7);
        await session.AnswerAsync(context, 1, cancellation: cancellation).ConfigureAwait(false);
        var times = new List<double>();
        for (var i = 0; i < options.Runs; i++)
        {
            await session.ForgetPoolAsync().ConfigureAwait(false);
            var answer = await session.AnswerAsync([.. context, .. session.Prompt(QuestionTokens, seed: 50 + i)], 1, cancellation: cancellation).ConfigureAwait(false);
            times.Add(answer.Statistics.TimeToFirstToken.TotalSeconds);
        }

        var status = (await session.Engine.GetStatusAsync().ConfigureAwait(false)).Tiers!;
        if (status.Loads != options.Runs)
            throw new InvalidOperationException($"{status.Loads} of {options.Runs} contexts came over the link: {status.LastError ?? "the others were computed"}");
        return new Result(Samples.Median(times), link.Seconds(status.LoadedBytes / status.Loads), compute);
    }

    private static async Task<double> ComputeAsync(TierBenchmarkOptions options, double bytesPerToken, int tokens, CancellationToken cancellation)
    {
        using var session = await TierSession.OpenAsync(options, tokens + (4 * QuestionTokens), bytesPerToken, null).ConfigureAwait(false);
        var context = session.Prompt(tokens, seed: 7);
        await session.AnswerAsync(context, 1, cancellation: cancellation).ConfigureAwait(false);
        var times = new List<double>();
        for (var i = 0; i < options.Runs; i++)
        {
            var answer = await session.AnswerAsync([.. context, .. session.Prompt(QuestionTokens, seed: 50 + i)], 1, cancellation: cancellation).ConfigureAwait(false);
            times.Add(answer.Statistics.TimeToFirstToken.TotalSeconds);
        }

        return Samples.Median(times);
    }
}

using Kvasir.Benchmarks.Measures;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Tiers;

namespace Kvasir.Benchmarks.Tiers;

/// <summary>A long context that left the pool and is asked for again: time to first token against what the medium's bandwidth allows.</summary>
internal static class RestoreMeasurement
{
    /// <param name="Ttft">Time to first token with the rows in the tier, seconds.</param>
    /// <param name="PoolHit">The same with the rows in the pool.</param>
    /// <param name="Recompute">The same with the rows nowhere.</param>
    /// <param name="Bytes">Bytes loaded.</param>
    /// <param name="BitsEqual">Whether every logit of the restored answers had the bits of the computed one's.</param>
    internal sealed record Result(double Ttft, double PoolHit, double Recompute, long Bytes, bool BitsEqual);

    public static async Task<Result> RunAsync(
        TierBenchmarkOptions options, double bytesPerToken, int tokens, TierOptions tiers, Func<TierSession, Task>? beforeRestore, CancellationToken cancellation)
    {
        using var session = await TierSession.OpenAsync(options, tokens + 1024, bytesPerToken, tiers).ConfigureAwait(false);
        var prompt = session.Prompt(tokens, seed: 7);
        var computed = await session.AnswerAsync(prompt, 2, cancellation: cancellation).ConfigureAwait(false);
        var hits = new List<double>();
        var restores = new List<double>();
        var equal = true;
        for (var i = 0; i < options.Runs; i++)
        {
            var hit = await session.AnswerAsync(prompt, 2, cancellation: cancellation).ConfigureAwait(false);
            hits.Add(hit.Statistics.TimeToFirstToken.TotalSeconds);
            await session.ForgetPoolAsync().ConfigureAwait(false);
            if (beforeRestore is not null)
                await beforeRestore(session).ConfigureAwait(false);
            var restored = await session.AnswerAsync(prompt, 2, cancellation: cancellation).ConfigureAwait(false);
            restores.Add(restored.Statistics.TimeToFirstToken.TotalSeconds);
            equal &= Same(computed, hit) && Same(computed, restored);
        }

        var status = (await session.Engine.GetStatusAsync().ConfigureAwait(false)).Tiers!;
        if (status.Loads != options.Runs)
            throw new InvalidOperationException($"{status.Loads} of {options.Runs} contexts came from the tier: {status.LastError ?? "the others were computed"}");
        return new Result(
            Samples.Median(restores), Samples.Median(hits), computed.Statistics.TimeToFirstToken.TotalSeconds, status.LoadedBytes / status.Loads, equal);
    }

    private static bool Same(Answer a, Answer b) =>
        a.Receipt!.Tokens.SequenceEqual(b.Receipt!.Tokens) && a.Receipt.LogitDigests.SequenceEqual(b.Receipt.LogitDigests);
}

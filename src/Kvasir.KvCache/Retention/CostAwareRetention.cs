using Kvasir.KvCache.Retention.Objects;

namespace Kvasir.KvCache.Retention;

/// <summary>
/// Among the least recently used blocks the one with the lowest score goes first: cost ÷ (1 + age ÷ 60), the score of
/// <see cref="CostAwarePolicy"/> for blocks, which all take the same room, with the age in uses of the index.
/// </summary>
public sealed class CostAwareRetention : IRetentionPolicy
{
    /// <inheritdoc/>
    public string Name => "cost-aware";

    /// <inheritdoc/>
    public int ChooseVictim(ReadOnlySpan<RetentionCandidate> candidates)
    {
        var victim = 0;
        for (var i = 1; i < candidates.Length; i++)
        {
            var order = Score(candidates[i]).CompareTo(Score(candidates[victim]));
            if (order < 0 || (order == 0 && candidates[i].Age > candidates[victim].Age))
                victim = i;
        }

        return victim;
    }

    private static double Score(in RetentionCandidate candidate) =>
        Math.Max(1, candidate.Cost) / (1 + (candidate.Age / CostAwarePolicy.HalfScoreSeconds));
}

namespace Kvasir.KvCache.Retention;

/// <summary>Among the least recently used blocks the one that was found least often goes first; the older one when equal.</summary>
public sealed class LfuRetention : IRetentionPolicy
{
    /// <inheritdoc/>
    public string Name => "lfu";

    /// <inheritdoc/>
    public int ChooseVictim(ReadOnlySpan<RetentionCandidate> candidates)
    {
        var victim = 0;
        for (var i = 1; i < candidates.Length; i++)
        {
            var order = candidates[i].Hits.CompareTo(candidates[victim].Hits);
            if (order < 0 || (order == 0 && candidates[i].Age > candidates[victim].Age))
                victim = i;
        }

        return victim;
    }
}

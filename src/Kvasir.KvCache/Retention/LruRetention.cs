namespace Kvasir.KvCache.Retention;

/// <summary>The least recently used block goes first.</summary>
public sealed class LruRetention : IRetentionPolicy
{
    /// <inheritdoc/>
    public string Name => "lru";

    /// <inheritdoc/>
    public int ChooseVictim(ReadOnlySpan<RetentionCandidate> candidates)
    {
        var victim = 0;
        for (var i = 1; i < candidates.Length; i++)
        {
            if (candidates[i].Age > candidates[victim].Age)
                victim = i;
        }

        return victim;
    }
}

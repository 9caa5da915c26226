namespace Kvasir.KvCache.Retention;

/// <summary>Decides which idle block leaves the pool first: a pure decision over a snapshot.</summary>
public interface IRetentionPolicy
{
    /// <summary>Name for configuration and messages.</summary>
    string Name { get; }

    /// <summary>
    /// Returns the index of the block to evict. <paramref name="candidates"/> are the least recently used idle leaves of the prefix tree,
    /// in no particular order, never empty.
    /// </summary>
    int ChooseVictim(ReadOnlySpan<RetentionCandidate> candidates);
}

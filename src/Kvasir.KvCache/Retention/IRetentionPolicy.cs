namespace Kvasir.KvCache.Retention;

/// <summary>Decides which idle block leaves the pool first: a pure decision over a snapshot.</summary>
public interface IRetentionPolicy
{
    /// <summary>Name for configuration and messages.</summary>
    string Name { get; }

    /// <summary>
    /// Returns the index of the block to evict. <paramref name="candidates"/> are idle leaves of the prefix tree, least recently used
    /// first, never empty.
    /// </summary>
    int ChooseVictim(ReadOnlySpan<RetentionCandidate> candidates);
}

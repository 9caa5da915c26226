namespace Kvasir.KvCache.Retention;

/// <summary>Decides which idle block leaves the pool first. A policy that remembers what it was told serves one pool.</summary>
public interface IRetentionPolicy
{
    /// <summary>Name for configuration and messages.</summary>
    string Name { get; }

    /// <summary>A block was found, or came in because it was not. Most policies have no use for it.</summary>
    /// <param name="prefix">Stands for the block's tokens and all before them.</param>
    void Seen(ulong prefix)
    {
    }

    /// <summary>
    /// Returns the index of the block to evict. <paramref name="candidates"/> are the least recently used idle leaves of the prefix tree,
    /// in no particular order, never empty.
    /// </summary>
    int ChooseVictim(ReadOnlySpan<RetentionCandidate> candidates);
}

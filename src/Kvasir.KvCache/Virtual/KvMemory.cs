namespace Kvasir.KvCache.Virtual;

/// <summary>Where the KV of a sequence lies.</summary>
public enum KvMemory
{
    /// <summary>In blocks anywhere in the pool, found through a table.</summary>
    Paged,

    /// <summary>
    /// In a contiguous range of addresses of its own, with memory put under it as the sequence grows. Nothing is shared: no prefix is reused
    /// and forks are copies. Linux only.
    /// </summary>
    ContiguousPrivate,

    /// <summary>
    /// As <see cref="ContiguousPrivate"/>, and blocks can lie under several ranges at once, so that prefixes and forks are shared. Linux only.
    /// </summary>
    ContiguousShared,
}

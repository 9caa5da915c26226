using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tiers.Books;

/// <summary>An object in a tier's books. Its fields belong to the books and change under their lock only.</summary>
internal sealed class TierObject<T>(ChunkDescriptor chunk, long bytes, long now)
    where T : class
{
    public BlockKey Key => Chunk.Key;

    public ChunkDescriptor Chunk { get; } = chunk;

    public long Bytes { get; } = bytes;

    /// <summary>Where its bytes are; null while it is being written.</summary>
    public T? Payload { get; set; }

    public long Created { get; } = now;

    public long LastUse { get; set; } = now;

    public long Uses { get; set; }

    /// <summary>Pins that have neither been released nor expired.</summary>
    public int Pins { get; set; }

    /// <summary>Reads under way.</summary>
    public int Readers { get; set; }

    /// <summary>No longer found; its bytes go when nobody needs them.</summary>
    public bool IsRemoved { get; set; }

    public bool IsEvictable => Payload is not null && !IsRemoved && Pins == 0 && Readers == 0;
}

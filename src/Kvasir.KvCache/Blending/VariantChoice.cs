using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Blending;

/// <summary>The rows that exist of one chunk, computed behind different prefixes.</summary>
public readonly ref struct VariantChoice
{
    /// <summary>The variants, oldest first; at least one.</summary>
    public required IReadOnlyList<KvRun> Variants { get; init; }

    /// <summary>What stands before the chunk in this prompt, in order.</summary>
    public required IReadOnlyList<BlockKey> Before { get; init; }
}

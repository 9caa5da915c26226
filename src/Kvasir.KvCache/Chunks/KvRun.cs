using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Pool;

namespace Kvasir.KvCache.Chunks;

/// <summary>
/// Rows of a text that were computed once, at some place of some prompt, and lie in the pool: what a chunk hit reads, where it lies. Nobody
/// writes to them. The <see cref="ChunkIndex"/> holds a reference to each block; who reads them holds another.
/// </summary>
public sealed class KvRun
{
    /// <summary>Names the content: the tokens within their scope, whatever stood before them.</summary>
    public required BlockKey Key { get; init; }

    /// <summary>Who may see it.</summary>
    public required CacheScope Scope { get; init; }

    /// <summary>The tokens.</summary>
    public required ReadOnlyMemory<int> Tokens { get; init; }

    /// <summary>Position that the first row was computed and its key rotated at.</summary>
    public required int BasePosition { get; init; }

    /// <summary>The blocks, in order.</summary>
    public required IReadOnlyList<BlockId> Blocks { get; init; }

    /// <summary>Slot of the first row in the first block.</summary>
    public required int FirstSlot { get; init; }

    /// <summary>What stood before it, when that was recorded.</summary>
    public ChunkContext? Context { get; init; }

    /// <summary>Number of rows.</summary>
    public int Length => Tokens.Length;
}

using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Blending;

/// <summary>A reused stretch of a prompt, as a blend policy sees it.</summary>
/// <param name="Start">First position.</param>
/// <param name="Length">Rows.</param>
/// <param name="FirstIndex">Index of the first row among all reused rows of the prompt.</param>
/// <param name="Before">What stands before it in this prompt: chunks, and the texts between them, in order.</param>
/// <param name="Context">What stood before it when it was computed; null when that was not recorded.</param>
public readonly record struct BlendSpan(int Start, int Length, int FirstIndex, IReadOnlyList<BlockKey> Before, ChunkContext? Context)
{
    /// <summary>First position behind it.</summary>
    public int End => Start + Length;
}

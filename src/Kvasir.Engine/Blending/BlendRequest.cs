using Kvasir.KvCache.Blending;

namespace Kvasir.Engine.Blending;

/// <summary>
/// Asks for reuse that is not a prefix: parts of the prompt whose rows exist from another prompt are read where they lie, and a policy says
/// which of their rows are computed again. The answer is approximate (guarantee G2); its statistics say how much was reused.
/// </summary>
public sealed record BlendRequest
{
    /// <summary>Most parts of a prompt.</summary>
    public const int MaxParts = 4096;

    /// <summary>Which rows are computed again.</summary>
    public required IBlendPolicy Policy { get; init; }

    /// <summary>Parts that may be reused, ascending, not overlapping. Parts that are computed are kept for later prompts.</summary>
    public IReadOnlyList<ChunkPart> Parts { get; init; } = [];

    /// <summary>True to look for fragments of any earlier text in what is not marked, and to keep this prompt for such searches.</summary>
    public bool Fragments { get; init; }

    /// <summary>False to leave nothing for later prompts.</summary>
    public bool Store { get; init; } = true;

    /// <summary>
    /// True to repair more rows than the policy asks for while chunks come from a tier and the time for it is there (CacheBlend's controller).
    /// </summary>
    public bool MoreWhileLoading { get; init; } = true;

    /// <summary>Fewer reusable tokens than this are not worth it: they are computed.</summary>
    public int MinTokens { get; init; } = 64;
}

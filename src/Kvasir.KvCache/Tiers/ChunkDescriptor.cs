using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tiers;

/// <summary>What a chunk of KV is: an object of a tier, full blocks only.</summary>
public sealed record ChunkDescriptor
{
    /// <summary>Key of its last block; it names the whole prefix up to there, and the scope.</summary>
    public required BlockKey Key { get; init; }

    /// <summary>Key of the prefix before it.</summary>
    public required BlockKey Parent { get; init; }

    /// <summary>Root of its scope.</summary>
    public required BlockKey Scope { get; init; }

    /// <summary>Position of its first row.</summary>
    public required int FirstToken { get; init; }

    /// <summary>Its tokens, one a row.</summary>
    public required ReadOnlyMemory<int> Tokens { get; init; }

    /// <summary>Length of the prompt that brought it, for retention.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Whose quota it counts against; a label that tells nothing of the tenant's secret.</summary>
    public required string Tenant { get; init; }
}

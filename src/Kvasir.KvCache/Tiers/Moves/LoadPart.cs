using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tiers.Moves;

/// <summary>A chunk of a load: where it comes from, what it must be, and where its blocks go.</summary>
internal sealed class LoadPart
{
    public required IKvTier Tier { get; init; }

    /// <summary>Disposed by the load when it ends.</summary>
    public required TierPin Pin { get; init; }

    /// <summary>The tokens that its rows must be of.</summary>
    public required ReadOnlyMemory<int> Tokens { get; init; }

    /// <summary>The prefix that it must follow.</summary>
    public required BlockKey Parent { get; init; }

    /// <summary>Position of its first row.</summary>
    public required int FirstToken { get; init; }

    /// <summary>First block of the chunk that is wanted.</summary>
    public required int FirstBlock { get; init; }

    /// <summary>First bytes of the pool's blocks that receive the wanted ones, in order. The load's owner keeps them alive.</summary>
    public nint[] Destinations { get; set; } = [];
}

namespace Kvasir.Models;

/// <summary>What follows the mixer of a decoder layer.</summary>
public enum FeedForwardKind
{
    /// <summary>One block for all tokens.</summary>
    Dense,

    /// <summary>Some of many blocks, chosen for each token.</summary>
    Experts,

    /// <summary>Nothing.</summary>
    None,
}

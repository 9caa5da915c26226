namespace Kvasir.Engine.Plans;

/// <summary>Where the keys and values of a span of the prompt come from.</summary>
public enum SpanOrigin
{
    /// <summary>Computed by this sequence.</summary>
    Computed,

    /// <summary>Exact rows that were in the pool already (a prefix hit or a fork).</summary>
    Shared,

    /// <summary>Exact rows that were loaded from a tier, and verified.</summary>
    Loaded,

    /// <summary>Rows of the same text computed behind another prefix; some of them are computed again.</summary>
    Blended,

    /// <summary>Rows that the request brought along.</summary>
    Given,
}

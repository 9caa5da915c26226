namespace Kvasir.Engine.Compression.Profiling;

/// <summary>How directions are found.</summary>
public enum RankDirections
{
    /// <summary>Those in which scores and outputs vary most: the second moments of keys weighted by their queries, of values by the output matrix.</summary>
    Weighted,

    /// <summary>Those in which keys and values vary most: what the paper's whitened singular value decomposition of the projections gives.</summary>
    Moments,

    /// <summary>Any (ablation).</summary>
    Random,
}

namespace Kvasir.Engine.Compression.Profiling;

/// <summary>How directions are found.</summary>
public enum RankDirections
{
    /// <summary>Those in which scores and outputs vary most: around their means, keys are weighted by their queries, values by the output matrix.</summary>
    Weighted,

    /// <summary>Those in which keys and values are largest, their mean among them: what the paper's whitened singular value decomposition of the projections gives.</summary>
    Moments,

    /// <summary>Any, around the means (ablation).</summary>
    Random,
}

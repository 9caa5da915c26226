namespace Kvasir.KvCache.Compression;

/// <summary>KVMerger's parameters.</summary>
public sealed record KvMergerOptions
{
    /// <summary>How the width σ of the Gaussian weights is found.</summary>
    public enum Width
    {
        /// <summary>5·√(headDim / 128): the published best, scaled.</summary>
        Constant,

        /// <summary>The mean distance of the set's keys from the pivot's.</summary>
        MeanDistance,

        /// <summary>So wide that the weights are equal (ablation: the plain mean).</summary>
        Infinite,
    }

    /// <summary>Share of the budget that goes to the most recent rows, which are never merged (0.17 of 0.5 in the paper).</summary>
    public double RecentShare { get; init; } = 0.3;

    /// <summary>Share that goes to the rows with the most attention (0.12 of 0.5).</summary>
    public double HeavyShare { get; init; } = 0.2;

    /// <summary>Last rows of the prompt whose attention says which rows have most of it; 0 for the whole prompt's, as published.</summary>
    public int WindowRows { get; init; } = 32;

    /// <summary>σ.</summary>
    public Width Sigma { get; init; } = Width.Constant;

    /// <summary>False to take the first row of a set for its pivot (ablation) instead of the most attended.</summary>
    public bool PivotByAttention { get; init; } = true;

    /// <summary>True to add ln n to the score of a row that stands for n: the mass of what was merged is kept.</summary>
    public bool KeepsMass { get; init; }
}

namespace Kvasir.KvCache.Compression;

/// <summary>CAKE's parameters, with the published defaults.</summary>
public sealed record CakeOptions
{
    /// <summary>How a budget is shared over layers.</summary>
    public enum Split
    {
        /// <summary>By preference P = H^(1/τ1) · V^(1/τ2).</summary>
        Preference,

        /// <summary>The same for all (ablation).</summary>
        Uniform,

        /// <summary>PyramidKV's (ablation).</summary>
        Pyramid,
    }

    /// <summary>S_w: rows of the observation window.</summary>
    public int Window { get; init; } = 32;

    /// <summary>γ: weight of the variance in a row's score; 0 for the mean alone (ablation).</summary>
    public double Gamma { get; init; } = 200;

    /// <summary>Width of the average pooling.</summary>
    public int Kernel { get; init; } = 5;

    /// <summary>τ1: temper of the spread (entropy).</summary>
    public double SpreadTemper { get; init; } = 1;

    /// <summary>τ2: temper of the change (variance).</summary>
    public double ChangeTemper { get; init; } = 1;

    /// <summary>How the budget is shared.</summary>
    public Split Budgets { get; init; } = Split.Preference;

    /// <summary>False to drop nothing while the answer grows (for comparison with policies that do not).</summary>
    public bool EvictsInAnswer { get; init; } = true;
}

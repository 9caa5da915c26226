namespace Kvasir.KvCache.Compression;

/// <summary>RazorAttention's parameters.</summary>
public sealed record RazorOptions
{
    /// <summary>N0: first rows that stay.</summary>
    public int Sinks { get; init; } = 4;

    /// <summary>S0: least rows of the window; null to follow from the budget.</summary>
    public int? LeastWindow { get; init; }

    /// <summary>C: a window is at least this part of all rows; null to follow from the budget.</summary>
    public double? Ratio { get; init; }

    /// <summary>False to drop without a row that stands for what was dropped (ablation).</summary>
    public bool Compensates { get; init; } = true;

    /// <summary>False to give that row no ln N (ablation).</summary>
    public bool CountsDropped { get; init; } = true;
}

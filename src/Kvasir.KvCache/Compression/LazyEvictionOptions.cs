namespace Kvasir.KvCache.Compression;

/// <summary>LazyEviction's parameters.</summary>
public sealed record LazyEvictionOptions
{
    /// <summary>W: tokens between evictions, and newest rows that always stay.</summary>
    public int Window { get; init; } = 32;

    /// <summary>α: a weight from which on a row counts as looked at; the largest of a KV head's queries counts.</summary>
    public double Threshold { get; init; } = 5e-4;

    /// <summary>False to leave out H1, the silence beside the longest gap (ablation).</summary>
    public bool UsesSilence { get; init; } = true;

    /// <summary>False to leave out H2, which prefers rows that come back often (ablation).</summary>
    public bool UsesFrequency { get; init; } = true;

    /// <summary>True to go by the time of the last look alone (RaaS-like; ablation).</summary>
    public bool ByTimestamp { get; init; }

    /// <summary>True for the paper's H1 = 2σ(-(t - TS) / MRI); false for the published code's 2σ(-1 - (t - TS) / MRI).</summary>
    public bool PaperForm { get; init; }
}

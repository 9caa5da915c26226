namespace Kvasir.KvCache.Compression;

/// <summary>Elastic Cache's parameters; what differs from the defaults is an ablation of the paper.</summary>
public sealed record ElasticOptions
{
    /// <summary>Which row goes while the answer grows.</summary>
    public enum Elimination
    {
        /// <summary>The one at a fixed place before the seam of prompt and answer.</summary>
        FixedPlace,

        /// <summary>The oldest but the first.</summary>
        Oldest,

        /// <summary>The one with the least accumulated attention, the first and the newest left out.</summary>
        LeastSeen,
    }

    /// <summary>False to drop the prompt's rows instead of merging them.</summary>
    public bool Merges { get; init; } = true;

    /// <summary>True to let each KV head have anchors of its own.</summary>
    public bool AnchorsByHead { get; init; }

    /// <summary>Which row goes while the answer grows.</summary>
    public Elimination Eliminates { get; init; }
}

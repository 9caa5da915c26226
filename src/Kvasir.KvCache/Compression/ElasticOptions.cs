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

    /// <summary>Who shares anchors.</summary>
    public enum Sharing
    {
        /// <summary>All heads of a layer.</summary>
        Layer,

        /// <summary>Nobody: each KV head has its own.</summary>
        Head,

        /// <summary>All layers, by the sum of their attention; rows are merged when the last layer is known.</summary>
        Model,
    }

    /// <summary>False to drop the prompt's rows instead of merging them.</summary>
    public bool Merges { get; init; } = true;

    /// <summary>Who shares anchors.</summary>
    public Sharing Anchors { get; init; }

    /// <summary>Which row goes while the answer grows.</summary>
    public Elimination Eliminates { get; init; }
}

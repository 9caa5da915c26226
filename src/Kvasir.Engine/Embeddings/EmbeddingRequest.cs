using Kvasir.Engine.Requests;

namespace Kvasir.Engine.Embeddings;

/// <summary>A text to be made a vector of.</summary>
public sealed record EmbeddingRequest
{
    /// <summary>Token ids; at least one, at most the context.</summary>
    public required ReadOnlyMemory<int> Prompt { get; init; }

    /// <summary>How the rows become one vector.</summary>
    public EmbeddingPooling Pooling { get; init; } = EmbeddingPooling.Mean;

    /// <summary>True to scale the vector to Euclidean length 1.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>Name of a loaded adapter, or null for the bare model.</summary>
    public string? Adapter { get; init; }

    /// <summary>Secret of the tenant: only requests with the same salt share KV. Empty is the public scope.</summary>
    public ReadOnlyMemory<byte> CacheSalt { get; init; }

    /// <summary>False to compute everything and leave nothing in the prefix cache.</summary>
    public bool UsePrefixCache { get; init; } = true;

    /// <summary>How long the request may wait for its first step; without limit when null (<see cref="QueueTimeoutException"/>).</summary>
    public TimeSpan? QueueTimeout { get; init; }

    /// <summary>What the loop sees: a request for an answer of no tokens.</summary>
    internal GenerationRequest ToGeneration() => new()
    {
        Prompt = Prompt,
        Adapter = Adapter,
        CacheSalt = CacheSalt,
        UsePrefixCache = UsePrefixCache,
        QueueTimeout = QueueTimeout,
    };
}

using Kvasir.Engine.Requests;
using Kvasir.Models;

namespace Kvasir.Engine.Embeddings;

/// <summary>A text to be made a vector of.</summary>
public sealed record EmbeddingRequest
{
    /// <summary>Token ids; at least one, at most the context.</summary>
    public required ReadOnlyMemory<int> Prompt { get; init; }

    /// <summary>How the rows become one vector; when null, as the model's files say, or else <see cref="EmbeddingPooling.Mean"/>.</summary>
    public EmbeddingPooling? Pooling { get; init; }

    /// <summary>Whether the vector is scaled to Euclidean length 1; when null, as the model's files say, or else it is.</summary>
    public bool? Normalize { get; init; }

    /// <summary>
    /// Values of the vector that are wanted, the first ones, before it is scaled; all when null. For models that were trained so that the
    /// first values suffice (Matryoshka representation learning, Kusupati et al. 2022).
    /// </summary>
    public int? Dimensions { get; init; }

    /// <summary>Name of a loaded adapter, or null for the bare model.</summary>
    public string? Adapter { get; init; }

    /// <summary>Secret of the tenant: only requests with the same salt share KV. Empty is the public scope.</summary>
    public ReadOnlyMemory<byte> CacheSalt { get; init; }

    /// <summary>False to compute everything and leave nothing in the prefix cache.</summary>
    public bool UsePrefixCache { get; init; } = true;

    /// <summary>How long the request may wait for its first step; without limit when null (<see cref="QueueTimeoutException"/>).</summary>
    public TimeSpan? QueueTimeout { get; init; }

    /// <summary>What the model's files say where the request does not.</summary>
    internal EmbeddingRequest Complete(EmbeddingSettings? settings) => this with
    {
        Pooling = Pooling ?? settings?.Pooling ?? EmbeddingPooling.Mean,
        Normalize = Normalize ?? settings?.Normalize ?? true,
    };

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

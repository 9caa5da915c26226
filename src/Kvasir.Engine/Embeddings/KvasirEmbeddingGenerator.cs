using Microsoft.Extensions.AI;

namespace Kvasir.Engine.Embeddings;

/// <summary>
/// An <see cref="IEmbedder"/> as the embedding generator of Microsoft.Extensions.AI. Does not own the embedder unless told so.
/// </summary>
/// <remarks>
/// <see cref="EmbeddingGenerationOptions.Dimensions"/> cuts the vectors and scales them anew. <see cref="PromptName"/> (a string) and
/// <see cref="Truncate"/> (a bool) are taken from the additional properties.
/// </remarks>
public sealed class KvasirEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>Name of the additional property that names a prompt of the model's files.</summary>
    public const string PromptName = "prompt_name";

    /// <summary>Name of the additional property that says whether texts that are too long are cut.</summary>
    public const string Truncate = "truncate";

    private readonly IEmbedder _embedder;
    private readonly bool _ownsEmbedder;
    private readonly EmbeddingGeneratorMetadata _metadata;

    /// <summary>Makes a generator.</summary>
    /// <param name="embedder">An encoder or a decoder.</param>
    /// <param name="ownsEmbedder">True to dispose it with the generator.</param>
    public KvasirEmbeddingGenerator(IEmbedder embedder, bool ownsEmbedder = false)
    {
        _embedder = embedder;
        _ownsEmbedder = ownsEmbedder;
        _metadata = new EmbeddingGeneratorMetadata("kvasir", providerUri: null, embedder.Model.Name, embedder.Dimensions);
    }

    /// <inheritdoc/>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var text = new TextOptions
        {
            PromptName = options?.AdditionalProperties?.TryGetValue(PromptName, out string? name) == true ? name : null,
            Truncate = options?.AdditionalProperties?.TryGetValue(Truncate, out bool truncate) == true && truncate,
        };
        int[][] tokens = [.. values.Select(value => _embedder.EncodeText(value, text))];
        var embeddings = await _embedder.EmbedAllAsync(tokens, new EmbeddingRequest { Prompt = default, Dimensions = options?.Dimensions }, cancellationToken).ConfigureAwait(false);
        var count = embeddings.Sum(embedding => (long)embedding.PromptTokens);
        return new GeneratedEmbeddings<Embedding<float>>(embeddings.Select(embedding => new Embedding<float>(embedding.Vector) { ModelId = _embedder.Model.Name }))
        {
            Usage = new UsageDetails { InputTokenCount = count, TotalTokenCount = count },
        };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        if (serviceType == typeof(EmbeddingGeneratorMetadata))
            return _metadata;
        if (serviceType.IsInstanceOfType(this))
            return this;
        return serviceType.IsInstanceOfType(_embedder) ? _embedder : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsEmbedder)
            _embedder.Dispose();
    }
}

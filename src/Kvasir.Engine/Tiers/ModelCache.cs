using Kvasir.Engine.Loading;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.Engine.Tiers;

/// <summary>A model beside its cache, to look into it and to verify it, with no engine running.</summary>
public sealed class ModelCache : IDisposable
{
    private readonly LoadedModel _model;

    private ModelCache(LoadedModel model, StoreIdentity identity)
    {
        _model = model;
        Identity = identity;
    }

    /// <summary>Names the model's store in a cache.</summary>
    public StoreIdentity Identity { get; }

    /// <summary>Loads the model.</summary>
    /// <param name="path">A GGUF file or a Hugging Face folder.</param>
    /// <param name="options">As those of the engine that fills the cache; what changes bits must be the same.</param>
    public static ModelCache Open(string path, EngineOptions options)
    {
        var model = LoadedModel.Open(path, options);
        try
        {
            return new ModelCache(model, TierFactory.Identity(model, TierFactory.Geometry(model.Layout, options.Tiers?.LayersPerRecord)));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Tokens of a prompt that a tier has, in the scope that has no salt.</summary>
    /// <param name="tier">The tier.</param>
    /// <param name="tokens">The prompt.</param>
    /// <param name="chunkTokens">Tokens of a chunk, as the cache was filled with.</param>
    public int Lookup(IKvTier tier, ReadOnlySpan<int> tokens, int chunkTokens)
    {
        var keys = new KeyChain(_model.Scope(default), _model.Layout.BlockRows);
        var found = 0;
        while (found + chunkTokens <= tokens.Length && tier.Contains(keys.At((found + chunkTokens) / _model.Layout.BlockRows, tokens)))
            found += chunkTokens;
        return found;
    }

    /// <summary>Token ids of a text, as a plain prompt has them.</summary>
    /// <exception cref="InvalidOperationException">The model has no tokenizer.</exception>
    public int[] Encode(string text) =>
        (_model.File.Tokenizer ?? throw new InvalidOperationException($"{_model.File.Path} has no tokenizer")).EncodePrompt(text);

    /// <summary>Computes the objects of a tier again and compares them bit by bit.</summary>
    /// <param name="tier">The objects to verify.</param>
    /// <param name="before">A tier that may have the objects before them, e.g. the store beside its quarantine; or null.</param>
    /// <param name="progress">Gets the number of objects done.</param>
    /// <param name="cancellation">Ends it.</param>
    public CacheVerification Verify(IKvTier tier, IKvTier? before, Action<int>? progress, CancellationToken cancellation) =>
        new CacheVerifier(_model, tier, before).Run(progress, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}

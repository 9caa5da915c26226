namespace Kvasir.KvCache.Compression;

/// <summary>
/// LazyEviction (Zhang et al. 2025): rows that come back after long silences are kept. Nothing goes with the prompt; once in a window of tokens
/// the rows whose silence is long beside their own longest gap go together.
/// </summary>
/// <param name="name">Name in reports.</param>
/// <param name="options">Parameters.</param>
public sealed class LazyEvictionPolicy(string name, LazyEvictionOptions options) : ICompressionPolicy
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool PerHead => true;

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape) => new LazyEvictionCompressor(shape, options);
}

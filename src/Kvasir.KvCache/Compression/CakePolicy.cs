namespace Kvasir.KvCache.Compression;

/// <summary>
/// CAKE (Qin et al. 2025): one budget for all layers, shared by how much each layer's attention is spread and how much it changes; rows are
/// chosen by mean and variance of the attention that they get.
/// </summary>
/// <param name="name">Name in reports.</param>
/// <param name="options">Parameters.</param>
public sealed class CakePolicy(string name, CakeOptions options) : ICompressionPolicy
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool PerHead => true;

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape) => new CakeCompressor(shape, options);
}

namespace Kvasir.KvCache.Compression;

/// <summary>
/// RazorAttention (Tang et al. 2025): retrieval heads keep everything; the others the first rows, the last ones, and one row that stands for all
/// that was dropped, with its number. The question is never looked at.
/// </summary>
/// <param name="name">Name in reports.</param>
/// <param name="retrieval">KV heads that keep everything, <c>[layers][kvHeads]</c>.</param>
/// <param name="options">Parameters.</param>
public sealed class RazorPolicy(string name, IReadOnlyList<bool[]> retrieval, RazorOptions options) : ICompressionPolicy
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool PerHead => true;

    /// <inheritdoc/>
    public Compressor Start(CompressionShape shape)
    {
        if (retrieval.Count != shape.Layers || retrieval[0].Length != shape.KvHeads)
            throw new ArgumentException($"the head profile has {retrieval.Count} layers of {retrieval[0].Length} KV heads, the model {shape.Layers} of {shape.KvHeads}: it is of another model");
        return new RazorCompressor(shape, retrieval, options);
    }
}

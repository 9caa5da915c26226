namespace Kvasir.KvCache.Reading;

/// <summary>What is known of a sequence before it is read sparsely.</summary>
/// <param name="Layers">Layers that keep keys and values.</param>
/// <param name="QueryHeads">Query heads; a multiple of the KV heads.</param>
/// <param name="KvHeads">KV heads.</param>
/// <param name="HeadDim">Dimensions of a key.</param>
/// <param name="Budget">Rows that a query of a KV head may read, about.</param>
/// <param name="Point">Tokens of the prompt before the point up to which a prompt may be read sparsely.</param>
public sealed record ReadingShape(int Layers, int QueryHeads, int KvHeads, int HeadDim, int Budget, int Point)
{
    /// <summary>Query heads of a KV head.</summary>
    public int Group => QueryHeads / KvHeads;
}

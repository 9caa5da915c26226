namespace Kvasir.KvCache.Compression;

/// <summary>What is known of a sequence before it is compressed.</summary>
/// <param name="Layers">Layers that keep keys and values.</param>
/// <param name="QueryHeads">Query heads; a multiple of the KV heads.</param>
/// <param name="KvHeads">KV heads.</param>
/// <param name="HeadDim">Dimensions of a key and of a value.</param>
/// <param name="Budget">Rows that a KV head of a layer keeps, on average over layers and heads.</param>
public sealed record CompressionShape(int Layers, int QueryHeads, int KvHeads, int HeadDim, int Budget)
{
    /// <summary>Rows of a KV head of a layer that memory is given for at a time, when a budget over layers should fill it; 1 to share row by row.</summary>
    public int PieceRows { get; init; } = 1;

    /// <summary>Query heads of a KV head.</summary>
    public int Group => QueryHeads / KvHeads;
}

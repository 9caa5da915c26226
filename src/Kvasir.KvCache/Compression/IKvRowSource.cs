namespace Kvasir.KvCache.Compression;

/// <summary>Decoded rows of one layer.</summary>
public interface IKvRowSource
{
    /// <summary>Reads a row of a KV head: the key as it lies, rotated at its position.</summary>
    /// <param name="head">KV head.</param>
    /// <param name="row">Row.</param>
    /// <param name="key">Receives <c>[headDim]</c>.</param>
    /// <param name="value">Receives <c>[headDim]</c>.</param>
    void Read(int head, int row, Span<float> key, Span<float> value);

    /// <summary>Smallest and largest element of each key dimension over neighbouring rows.</summary>
    /// <param name="head">KV head.</param>
    /// <param name="firstRow">First row.</param>
    /// <param name="count">Number of rows, 1 or more.</param>
    /// <param name="smallest">Receives <c>[headDim]</c>.</param>
    /// <param name="largest">Receives <c>[headDim]</c>.</param>
    void KeyBounds(int head, int firstRow, int count, Span<float> smallest, Span<float> largest);
}

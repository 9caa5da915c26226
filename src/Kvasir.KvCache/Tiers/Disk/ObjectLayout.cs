using System.Buffers.Binary;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>Where the records of an object file lie (docs/kv-format.md).</summary>
internal static class ObjectLayout
{
    /// <summary>Bytes of an AES-GCM tag, which follows each record.</summary>
    public const int TagBytes = 16;

    /// <summary>Bytes of an AES-GCM nonce.</summary>
    public const int NonceBytes = 12;

    /// <summary>Where the records of KV begin, after the header and the tokens.</summary>
    public static long PayloadOffset(int tokens) => ObjectHeader.Size + ((long)tokens * sizeof(int)) + TagBytes;

    /// <summary>Where a record begins.</summary>
    public static long RecordOffset(ChunkGeometry geometry, int tokens, int group, int block)
    {
        var blocks = tokens / geometry.Layout.BlockRows;
        return PayloadOffset(tokens)
            + geometry.GroupOffset(group, blocks) + ((long)group * blocks * TagBytes)
            + ((long)block * (geometry.RecordBytes(group) + TagBytes));
    }

    /// <summary>Bytes of the whole file.</summary>
    public static long FileBytes(ChunkGeometry geometry, int tokens)
    {
        var blocks = tokens / geometry.Layout.BlockRows;
        return PayloadOffset(tokens) + geometry.Bytes(blocks) + ((long)geometry.Records(blocks) * TagBytes);
    }

    /// <summary>A record's nonce: its number, 0 for the tokens. No two records of an object have the same one, and no two objects the same key.</summary>
    public static void Nonce(int number, Span<byte> nonce)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(nonce, number);
    }
}

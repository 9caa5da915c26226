using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>The first bytes of an object file: what it is. It has a MAC of its own and is associated data of every record.</summary>
internal sealed record ObjectHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 512;

    /// <summary>Bytes of an object's salt.</summary>
    public const int SaltBytes = 16;

    /// <summary>Most bytes of a tenant's label, UTF-8.</summary>
    public const int MaxTenantBytes = 160;

    private const int Version = 1;
    private const int MacOffset = Size - MasterKey.Size;
    private const int TenantOffset = 194;

    public required ChunkDescriptor Chunk { get; init; }

    public required ReadOnlyMemory<byte> Salt { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Tokens of the chunk, whose record may not have been read yet.</summary>
    public required int Tokens { get; init; }

    private static ReadOnlySpan<byte> Magic => "KVASIRKV"u8;

    /// <summary>Writes the header, MAC included.</summary>
    public void Write(Span<byte> bytes, ChunkGeometry geometry, MasterKey key)
    {
        var blocks = Tokens / geometry.Layout.BlockRows;
        bytes = bytes[..Size];
        bytes.Clear();
        WriteFixed(bytes, geometry, Tokens);
        Chunk.Key.CopyTo(bytes[16..]);
        Chunk.Parent.CopyTo(bytes[48..]);
        Chunk.Scope.CopyTo(bytes[80..]);
        Salt.Span.CopyTo(bytes[112..]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[128..], Chunk.FirstToken);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[136..], Chunk.PromptTokens);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[140..], blocks);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[176..], Created.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[192..], (ushort)Encoding.UTF8.GetBytes(Chunk.Tenant, bytes[TenantOffset..][..MaxTenantBytes]));
        key.HeaderMac(bytes[..MacOffset], bytes[MacOffset..]);
    }

    /// <summary>Reads and checks a header; the chunk has no tokens yet.</summary>
    /// <exception cref="TierException">It was not written by this tier, for this geometry, with this key.</exception>
    public static ObjectHeader Read(ReadOnlySpan<byte> bytes, ChunkGeometry geometry, MasterKey key)
    {
        if (bytes.Length < Size || !bytes.StartsWith(Magic))
            throw Damaged("it is no object file");
        bytes = bytes[..Size];
        if (BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) is var version && version != Version)
            throw Damaged($"it has format {version}, and this program reads {Version}");
        Span<byte> mac = stackalloc byte[MasterKey.Size];
        key.HeaderMac(bytes[..MacOffset], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[MacOffset..]))
            throw Damaged("its header was not written with this cache's key, or was changed");

        // Written with the key, so by this program; what follows bounds what a later version or another model's tier may have written.
        var tokens = BinaryPrimitives.ReadInt32LittleEndian(bytes[132..]);
        if (tokens <= 0 || tokens > StoreIdentity.MaxChunkTokens || tokens % geometry.Layout.BlockRows != 0)
            throw Damaged($"it claims {tokens} tokens");
        Span<byte> expected = stackalloc byte[Size];
        expected.Clear();
        WriteFixed(expected, geometry, tokens);
        if (!bytes[..16].SequenceEqual(expected[..16]) || !bytes[144..176].SequenceEqual(expected[144..176]) || !bytes[184..192].SequenceEqual(expected[184..192]))
            throw Damaged("it was written for another layout");
        var first = BinaryPrimitives.ReadInt32LittleEndian(bytes[128..]);
        var prompt = BinaryPrimitives.ReadInt32LittleEndian(bytes[136..]);
        var created = BinaryPrimitives.ReadInt64LittleEndian(bytes[176..]);
        var tenant = BinaryPrimitives.ReadUInt16LittleEndian(bytes[192..]);
        if (first < 0 || prompt < 0 || tenant > MaxTenantBytes || created < 0 || created > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            throw Damaged("its header makes no sense");
        return new ObjectHeader
        {
            Chunk = new ChunkDescriptor
            {
                Key = new BlockKey(bytes.Slice(16, BlockKey.Size)),
                Parent = new BlockKey(bytes.Slice(48, BlockKey.Size)),
                Scope = new BlockKey(bytes.Slice(80, BlockKey.Size)),
                FirstToken = first,
                Tokens = default,
                PromptTokens = prompt,
                Tenant = Encoding.UTF8.GetString(bytes.Slice(TenantOffset, tenant)),
            },
            Salt = bytes.Slice(112, SaltBytes).ToArray(),
            Created = DateTimeOffset.FromUnixTimeMilliseconds(created),
            Tokens = tokens,
        };
    }

    private static void WriteFixed(Span<byte> bytes, ChunkGeometry geometry, int tokens)
    {
        var layout = geometry.Layout;
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], Size);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[132..], tokens);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[144..], layout.Layers);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[148..], layout.KvHeads);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[152..], layout.HeadDim);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[156..], (int)layout.Type);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[160..], layout.BlockRows);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[164..], geometry.LayersPerRecord);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[168..], geometry.Groups);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[172..], geometry.Records(tokens / layout.BlockRows));
        BinaryPrimitives.WriteInt64LittleEndian(bytes[184..], ObjectLayout.FileBytes(geometry, tokens));
    }

    private static TierException Damaged(string why) => new(TierFault.Damaged, $"object of the disk tier: {why}");
}

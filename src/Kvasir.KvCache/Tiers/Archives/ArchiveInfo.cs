using System.Buffers.Binary;
using System.Text;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.KvCache.Tiers.Archives;

/// <summary>What an archived object says before its rows: its place in the prefix, its tenant, its tokens.</summary>
internal static class ArchiveInfo
{
    private const int FixedBytes = (2 * BlockKey.Size) + 16;

    /// <summary>Most bytes that it has for so many tokens.</summary>
    public static int MaxBytes(int tokens) => FixedBytes + ObjectHeader.MaxTenantBytes + (tokens * sizeof(int));

    public static byte[] Format(ChunkDescriptor chunk)
    {
        var tenant = Encoding.UTF8.GetBytes(chunk.Tenant);
        var tokens = chunk.Tokens.Span;
        var bytes = new byte[FixedBytes + tenant.Length + (tokens.Length * sizeof(int))];
        chunk.Parent.CopyTo(bytes);
        chunk.Scope.CopyTo(bytes.AsSpan(32));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(64), chunk.FirstToken);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(68), chunk.PromptTokens);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(72), tokens.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(76), tenant.Length);
        tenant.CopyTo(bytes.AsSpan(FixedBytes));
        for (var i = 0; i < tokens.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(FixedBytes + tenant.Length + (i * sizeof(int))), tokens[i]);
        return bytes;
    }

    /// <exception cref="ArchiveException">It does not say what the manifest says.</exception>
    public static ChunkDescriptor Parse(ReadOnlySpan<byte> bytes, ArchiveObject item)
    {
        var tenant = bytes.Length < FixedBytes ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes[76..]);
        if (tenant is < 0 or > ObjectHeader.MaxTenantBytes
            || bytes.Length != FixedBytes + tenant + (item.Tokens * sizeof(int))
            || BinaryPrimitives.ReadInt32LittleEndian(bytes[64..]) != item.FirstToken
            || BinaryPrimitives.ReadInt32LittleEndian(bytes[68..]) < 0
            || BinaryPrimitives.ReadInt32LittleEndian(bytes[72..]) != item.Tokens)
            throw new ArchiveException(ArchiveFault.Damaged, $"object {item.Key} of the archive does not say of itself what the manifest says");
        var tokens = new int[item.Tokens];
        for (var i = 0; i < tokens.Length; i++)
            tokens[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(FixedBytes + tenant + (i * sizeof(int)))..]);
        return new ChunkDescriptor
        {
            Key = item.Key,
            Parent = new BlockKey(bytes[..32]),
            Scope = new BlockKey(bytes[32..64]),
            FirstToken = item.FirstToken,
            PromptTokens = BinaryPrimitives.ReadInt32LittleEndian(bytes[68..]),
            Tenant = Encoding.UTF8.GetString(bytes.Slice(FixedBytes, tenant)),
            Tokens = tokens,
        };
    }
}

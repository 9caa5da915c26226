using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>
/// What the books knew when they were last written: uses and user pins, which the objects do not say of themselves. It is a hint: the
/// folder decides what is there.
/// </summary>
internal static class IndexFile
{
    public const string FileName = "index";

    /// <summary>Most bytes of the text that says who keeps an object.</summary>
    public const int MaxKeptByBytes = 200;

    private const int HeadBytes = 16;
    private const int FixedBytes = (2 * BlockKey.Size) + 4 + 12 + (4 * 8) + 4;
    private const long MaxBytes = 1L << 30;

    private static ReadOnlySpan<byte> Magic => "KVASIRIX\u0001\0\0\0"u8;

    /// <summary>The file's bytes.</summary>
    public static byte[] Format(IReadOnlyCollection<DiskEntry> entries, MasterKey key)
    {
        using var bytes = new MemoryStream(HeadBytes + (entries.Count * (FixedBytes + 16)) + MasterKey.Size);
        Span<byte> number = stackalloc byte[sizeof(int)];
        bytes.Write(Magic);
        BinaryPrimitives.WriteInt32LittleEndian(number, entries.Count);
        bytes.Write(number);
        Span<byte> part = stackalloc byte[FixedBytes + ObjectHeader.MaxTenantBytes + MaxKeptByBytes];
        foreach (var entry in entries)
        {
            entry.Key.CopyTo(part);
            entry.Parent.CopyTo(part[32..]);
            BinaryPrimitives.WriteUInt32LittleEndian(part[64..], entry.Generation);
            BinaryPrimitives.WriteInt32LittleEndian(part[68..], entry.FirstToken);
            BinaryPrimitives.WriteInt32LittleEndian(part[72..], entry.Tokens);
            BinaryPrimitives.WriteInt32LittleEndian(part[76..], entry.PromptTokens);
            BinaryPrimitives.WriteInt64LittleEndian(part[80..], entry.Bytes);
            BinaryPrimitives.WriteInt64LittleEndian(part[88..], entry.Created.ToUnixTimeMilliseconds());
            BinaryPrimitives.WriteInt64LittleEndian(part[96..], entry.LastUse.ToUnixTimeMilliseconds());
            BinaryPrimitives.WriteInt64LittleEndian(part[104..], entry.Uses);
            var tenant = Encoding.UTF8.GetBytes(entry.Tenant, part[FixedBytes..]);
            var keptBy = Encoding.UTF8.GetBytes(entry.KeptBy ?? "", part[(FixedBytes + tenant)..]);
            BinaryPrimitives.WriteUInt16LittleEndian(part[112..], (ushort)tenant);
            BinaryPrimitives.WriteUInt16LittleEndian(part[114..], (ushort)keptBy);
            bytes.Write(part[..(FixedBytes + tenant + keptBy)]);
        }

        var mac = new byte[MasterKey.Size];
        key.IndexMac(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), mac);
        bytes.Write(mac);
        return bytes.ToArray();
    }

    /// <summary>Reads the file; empty when it is missing, torn, or was written with another key.</summary>
    public static Dictionary<(BlockKey Key, uint Generation), DiskEntry> Read(string path, MasterKey key)
    {
        var entries = new Dictionary<(BlockKey, uint), DiskEntry>();
        if (ReadBytes(path) is not { } all || all.Length < HeadBytes + MasterKey.Size || !all.AsSpan().StartsWith(Magic))
            return entries;
        Span<byte> mac = stackalloc byte[MasterKey.Size];
        key.IndexMac(all.AsSpan(0, all.Length - mac.Length), mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, all.AsSpan(all.Length - mac.Length)))
            return entries;
        var bytes = all.AsSpan(HeadBytes, all.Length - HeadBytes - mac.Length);
        while (bytes.Length >= FixedBytes)
        {
            int tenant = BinaryPrimitives.ReadUInt16LittleEndian(bytes[112..]);
            int keptBy = BinaryPrimitives.ReadUInt16LittleEndian(bytes[114..]);
            if (bytes.Length < FixedBytes + tenant + keptBy)
                break;
            var entry = new DiskEntry
            {
                Key = new BlockKey(bytes[..32]),
                Parent = new BlockKey(bytes[32..64]),
                Generation = BinaryPrimitives.ReadUInt32LittleEndian(bytes[64..]),
                FirstToken = BinaryPrimitives.ReadInt32LittleEndian(bytes[68..]),
                Tokens = BinaryPrimitives.ReadInt32LittleEndian(bytes[72..]),
                PromptTokens = BinaryPrimitives.ReadInt32LittleEndian(bytes[76..]),
                Bytes = BinaryPrimitives.ReadInt64LittleEndian(bytes[80..]),
                Created = Time(bytes[88..]),
                LastUse = Time(bytes[96..]),
                Uses = BinaryPrimitives.ReadInt64LittleEndian(bytes[104..]),
                Tenant = Encoding.UTF8.GetString(bytes.Slice(FixedBytes, tenant)),
                KeptBy = keptBy == 0 ? null : Encoding.UTF8.GetString(bytes.Slice(FixedBytes + tenant, keptBy)),
            };
            entries[(entry.Key, entry.Generation)] = entry;
            bytes = bytes[(FixedBytes + tenant + keptBy)..];
        }

        return entries;
    }

    private static DateTimeOffset Time(ReadOnlySpan<byte> bytes) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(bytes), 0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));

    private static byte[]? ReadBytes(string path)
    {
        try
        {
            return WholeFile.Read(path, HeadBytes, MaxBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

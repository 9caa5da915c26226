using System.Buffers.Binary;

namespace Kvasir.KvCache.Tiers.Archives;

/// <summary>First bytes of an archive.</summary>
/// <param name="Salt">Of the passphrase, <see cref="SaltBytes"/> bytes; zero when the archive is plain.</param>
/// <param name="Iterations">Of PBKDF2; 0 when the archive is plain.</param>
/// <param name="ManifestOffset">Where the manifest begins.</param>
/// <param name="ManifestBytes">Its bytes; the signature follows, and then nothing.</param>
internal sealed record ArchiveHeader(ReadOnlyMemory<byte> Salt, int Iterations, long ManifestOffset, int ManifestBytes)
{
    public const int Size = 64;
    public const int SaltBytes = 16;
    private const int Version = 1;
    private const int SealedFlag = 1;

    public bool Sealed => Iterations > 0;

    private static ReadOnlySpan<byte> Magic => "KVASIRAR"u8;

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Sealed ? SealedFlag : 0);
        Salt.Span.CopyTo(bytes.AsSpan(16));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(32), Iterations);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(36), ManifestBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), ManifestOffset);
        return bytes;
    }

    /// <exception cref="ArchiveException">It is no archive, or damaged.</exception>
    public static ArchiveHeader Parse(ReadOnlySpan<byte> bytes, long fileBytes)
    {
        if (bytes.Length < Size || !bytes.StartsWith(Magic))
            throw new ArchiveException(ArchiveFault.NotAnArchive, "it is no archive of a KV cache");
        if (BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) is var version && version != Version)
            throw new ArchiveException(ArchiveFault.NotAnArchive, $"the archive has version {version}, and this program reads {Version}");
        var header = new ArchiveHeader(
            bytes.Slice(16, SaltBytes).ToArray(),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[36..]));

        // Only what this program writes: no unused bit may be set.
        var valid = bytes[..Size].SequenceEqual(header.ToBytes())
            && header.ManifestBytes is > 0 and <= ArchiveManifest.MaxBytes
            && header.ManifestOffset >= Size
            && header.ManifestOffset <= fileBytes
            && header.ManifestOffset + header.ManifestBytes + SigningKey.SignatureBytes == fileBytes
            && (header.Iterations == 0 || header.Iterations is >= ArchiveCipher.MinIterations and <= ArchiveCipher.MaxIterations);
        return valid ? header : throw new ArchiveException(ArchiveFault.Damaged, "the archive is damaged: it is cut off, or its header was changed");
    }
}

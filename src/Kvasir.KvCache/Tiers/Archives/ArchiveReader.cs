using System.Security.Cryptography;
using Kvasir.KvCache.Tiers.Disk;
using Kvasir.Numerics;
using Microsoft.Win32.SafeHandles;

namespace Kvasir.KvCache.Tiers.Archives;

/// <summary>
/// Reads an archive. Opening checks form and signature; whether its signer is trusted and whether it fits is asked for separately. One
/// object is in memory at a time, and none is given out before its hash was compared.
/// </summary>
public sealed unsafe class ArchiveReader : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly ArchiveHeader _header;
    private ArchiveCipher? _cipher;

    private ArchiveReader(SafeFileHandle file, ArchiveHeader header, ArchiveManifest manifest)
    {
        _file = file;
        _header = header;
        Manifest = manifest;
    }

    /// <summary>What it says of itself; the signature is that of the key that it names.</summary>
    public ArchiveManifest Manifest { get; }

    /// <summary>True when a passphrase is needed.</summary>
    public bool Sealed => _header.Sealed;

    /// <summary>Opens an archive.</summary>
    /// <exception cref="ArchiveException">It is no archive, damaged, or wrongly signed.</exception>
    public static ArchiveReader Open(string path)
    {
        if (new FileInfo(path) is not { Exists: true } info)
            throw new FileNotFoundException($"there is no file {path}", path);
        if (info.Length < ArchiveHeader.Size)
            throw new ArchiveException(ArchiveFault.NotAnArchive, $"{path}: it is no archive of a KV cache");
        var file = File.OpenHandle(path);
        try
        {
            var headerBytes = Read(file, 0, ArchiveHeader.Size);
            var header = ArchiveHeader.Parse(headerBytes, RandomAccess.GetLength(file));
            var signed = new byte[ArchiveHeader.Size + header.ManifestBytes];
            headerBytes.CopyTo(signed, 0);
            Fill(file, signed.AsSpan(ArchiveHeader.Size), header.ManifestOffset);
            var manifest = ArchiveManifest.Parse(signed.AsMemory(ArchiveHeader.Size));
            var signature = Read(file, header.ManifestOffset + header.ManifestBytes, SigningKey.SignatureBytes);
            if (!SigningKey.Verify(manifest.PublicKey.Span, signed, signature))
                throw new ArchiveException(ArchiveFault.WrongSignature, $"{path}: its manifest was changed after it was signed, or another key signed it");
            CheckObjects(manifest, header);
            return new ArchiveReader(file, header, manifest);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Throws when the archive is not for this model, profile and layout. How chunks are cut into records does not matter.</summary>
    /// <exception cref="ArchiveException">Says the difference.</exception>
    public void CheckFits(StoreIdentity identity)
    {
        var theirs = Manifest.Identity with { Geometry = Manifest.Identity.Geometry with { LayersPerRecord = identity.Geometry.LayersPerRecord } };
        if (StoreFile.Difference(theirs, identity) is not { } difference)
            return;
        var fault = theirs.ModelFingerprint != identity.ModelFingerprint ? ArchiveFault.OtherModel
            : theirs.NumericsProfile != identity.NumericsProfile ? ArchiveFault.OtherProfile
            : ArchiveFault.OtherLayout;
        throw new ArchiveException(fault, $"the archive is {difference}");
    }

    /// <summary>Throws when the signer is not trusted.</summary>
    /// <exception cref="ArchiveException">Names the signer.</exception>
    public void CheckSigner(TrustList trust)
    {
        if (!trust.Contains(Manifest.Signer))
            throw new ArchiveException(
                ArchiveFault.UnknownSigner,
                $"the archive was signed by {Manifest.Signer}, which is not trusted here; if you know whose key that is: kvasir cache trust add {Manifest.Signer}");
    }

    /// <summary>Gives the passphrase of a sealed archive. Whether it is right shows at the first object.</summary>
    /// <exception cref="ArchiveException">The archive is sealed and the passphrase is missing.</exception>
    public void Unlock(string? passphrase)
    {
        if (!Sealed)
            return;
        if (string.IsNullOrEmpty(passphrase))
            throw new ArchiveException(ArchiveFault.WrongPassphrase, "the archive is sealed; give its passphrase");
        _cipher = new ArchiveCipher(passphrase, _header);
    }

    /// <summary>Reads one object and stores it in a tier.</summary>
    /// <exception cref="ArchiveException">The object is damaged, or the passphrase is wrong.</exception>
    public StoreResult CopyTo(ArchiveObject item, IKvTier tier)
    {
        if (tier.Geometry.Layout != Manifest.Identity.Geometry.Layout)
            throw new ArchiveException(ArchiveFault.OtherLayout, $"the archive's layout is {Manifest.Identity.Geometry.Layout}, and the tier's {tier.Geometry.Layout}");
        if (tier.Contains(item.Key))
            return StoreResult.Present;
        using var chunk = Load(item, tier.Geometry);
        return tier.Store(chunk.Chunk, chunk);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private BufferedChunk Load(ArchiveObject item, ChunkGeometry geometry)
    {
        if (Sealed && _cipher is null)
            Unlock(null);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var cipher = _cipher?.For(item.Key);
        var associated = ArchiveCipher.Associated(item.Key);
        var tags = Sealed ? ObjectLayout.TagBytes : 0;
        var blockBytes = (int)geometry.Layout.BlockBytes;
        var blocks = item.Tokens / geometry.Layout.BlockRows;
        var info = new byte[item.InfoBytes];
        var opened = Part(item, hash, cipher, associated, 0, item.Offset, info);
        var bytes = new NativeBuffer((nuint)geometry.Bytes(blocks));
        try
        {
            for (var block = 0; block < blocks; block++)
            {
                var offset = item.Offset + info.Length + tags + (block * ((long)blockBytes + tags));
                opened &= Part(item, hash, cipher, associated, 1 + block, offset, new Span<byte>(bytes.Pointer + ((long)block * blockBytes), blockBytes));
            }

            if (Convert.ToHexStringLower(hash.GetHashAndReset()) != item.Sha256)
                throw new ArchiveException(ArchiveFault.Damaged, $"object {item.Key} of the archive is damaged: its hash is not the manifest's");
            if (!opened)
                throw new ArchiveException(ArchiveFault.WrongPassphrase, "the passphrase is wrong: the archive is as it was signed, and it does not open");
            return new BufferedChunk(ArchiveInfo.Parse(info, item), geometry, bytes);
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    /// <summary>Reads, hashes and opens a part; false when it does not open.</summary>
    private bool Part(ArchiveObject item, IncrementalHash hash, AesGcm? cipher, ReadOnlySpan<byte> associated, int number, long offset, Span<byte> part)
    {
        Fill(_file, part, offset);
        hash.AppendData(part);
        if (cipher is null)
            return true;
        Span<byte> tag = stackalloc byte[ObjectLayout.TagBytes];
        Span<byte> nonce = stackalloc byte[ObjectLayout.NonceBytes];
        ObjectLayout.Nonce(number, nonce);
        Fill(_file, tag, offset + part.Length);
        hash.AppendData(tag);
        try
        {
            cipher.Decrypt(nonce, part, tag, part, associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    /// <summary>Objects lie one behind the other between header and manifest, and each has the size that its tokens need.</summary>
    private static void CheckObjects(ArchiveManifest manifest, ArchiveHeader header)
    {
        var layout = manifest.Identity.Geometry.Layout;
        long end = ArchiveHeader.Size;
        foreach (var item in manifest.Objects)
        {
            var sound = item.FirstToken >= 0
                && item.Tokens is > 0 and <= StoreIdentity.MaxChunkTokens
                && item.Tokens % layout.BlockRows == 0
                && item.InfoBytes > 0
                && item.InfoBytes <= ArchiveInfo.MaxBytes(item.Tokens)
                && item.Offset == end;
            var blocks = sound ? item.Tokens / layout.BlockRows : 0;
            if (!sound || item.Bytes != item.InfoBytes + (blocks * layout.BlockBytes) + (header.Sealed ? (1L + blocks) * ObjectLayout.TagBytes : 0))
                throw new ArchiveException(ArchiveFault.Damaged, $"the archive's manifest makes no sense at object {item.Key}");
            end += item.Bytes;
        }

        if (end != header.ManifestOffset || manifest.Objects.DistinctBy(item => item.Key).Count() != manifest.Objects.Count)
            throw new ArchiveException(ArchiveFault.Damaged, "the archive's manifest does not list what the archive holds");
    }

    private static byte[] Read(SafeFileHandle file, long offset, int bytes)
    {
        var read = new byte[bytes];
        Fill(file, read, offset);
        return read;
    }

    private static void Fill(SafeFileHandle file, Span<byte> bytes, long offset)
    {
        try
        {
            DiskFiles.Instance.Read(file, bytes, offset);
        }
        catch (EndOfStreamException exception)
        {
            throw new ArchiveException(ArchiveFault.Damaged, "the archive is cut off", exception);
        }
    }
}

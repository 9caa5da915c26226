using System.Security.Cryptography;
using System.Text;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.KvCache.Tiers.Archives;

/// <summary>Seals the parts of an archive's objects with a key from a passphrase (PBKDF2-SHA256, then HKDF an object, AES-256-GCM).</summary>
internal sealed class ArchiveCipher
{
    public const int DefaultIterations = 600_000;
    public const int MinIterations = 600_000;

    /// <summary>Bounds how long a hostile archive keeps its reader busy.</summary>
    public const int MaxIterations = 10_000_000;

    private const int KeyBytes = 32;
    private readonly byte[] _key;
    private readonly byte[] _salt;

    public ArchiveCipher(string passphrase, ArchiveHeader header)
    {
        _salt = header.Salt.ToArray();
        _key = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(passphrase), _salt, header.Iterations, HashAlgorithmName.SHA256, KeyBytes);
    }

    /// <summary>The cipher of one object. Its key is its own, so that part numbers serve as nonces.</summary>
    public AesGcm For(BlockKey key)
    {
        Span<byte> objectKey = stackalloc byte[KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, objectKey, _salt, Associated(key));
        return new AesGcm(objectKey, ObjectLayout.TagBytes);
    }

    /// <summary>What is sealed together with each part: which object it belongs to.</summary>
    public static byte[] Associated(BlockKey key)
    {
        var label = "kvasir-archive/1 object "u8;
        var bytes = new byte[label.Length + BlockKey.Size];
        label.CopyTo(bytes);
        key.CopyTo(bytes.AsSpan(label.Length));
        return bytes;
    }
}

using System.Security.Cryptography;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>The secret of a cache, from which every other key is derived (HKDF-SHA256).</summary>
internal sealed class MasterKey
{
    /// <summary>Bytes of a key and of a MAC.</summary>
    public const int Size = 32;

    private const string FileName = "master.key";
    private readonly byte[] _secret;
    private readonly byte[] _headerKey;
    private readonly byte[] _indexKey;

    public MasterKey(ReadOnlySpan<byte> secret)
    {
        _secret = secret.ToArray();
        _headerKey = Derive("kvasir-kv/1 header"u8);
        _indexKey = Derive("kvasir-kv/1 index"u8);
        Id = Convert.ToHexStringLower(Derive("kvasir-kv/1 id"u8));
    }

    /// <summary>Names the key without telling it.</summary>
    public string Id { get; }

    private static ReadOnlySpan<byte> Magic => "KVASIRMK\u0001\0\0\0"u8;

    /// <summary>Reads the master key of a key folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="create">True to make the key when there is none.</param>
    /// <exception cref="CacheFolderException">It cannot be used; the message says what to do.</exception>
    public static MasterKey Open(string folder, bool create)
    {
        var path = Path.Combine(folder, FileName);
        var bytes = SecretFile.Read(path, create ? New : null);
        if (bytes.Length != Magic.Length + Size || !bytes.AsSpan().StartsWith(Magic))
            throw new CacheFolderException($"the key file {path} is damaged; restore it, or delete it together with the cache that it belongs to");
        return new MasterKey(bytes.AsSpan(Magic.Length));
    }

    /// <summary>Key of one object.</summary>
    public void ObjectKey(ReadOnlySpan<byte> salt, Span<byte> key) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, key, salt, "kvasir-kv/1 object"u8);

    /// <summary>MAC of an object's header.</summary>
    public void HeaderMac(ReadOnlySpan<byte> header, Span<byte> mac) => HMACSHA256.HashData(_headerKey, header, mac);

    /// <summary>MAC of the index file.</summary>
    public void IndexMac(ReadOnlySpan<byte> index, Span<byte> mac) => HMACSHA256.HashData(_indexKey, index, mac);

    private static byte[] New()
    {
        var bytes = new byte[Magic.Length + Size];
        Magic.CopyTo(bytes);
        RandomNumberGenerator.Fill(bytes.AsSpan(Magic.Length));
        return bytes;
    }

    private byte[] Derive(ReadOnlySpan<byte> info)
    {
        var key = new byte[Size];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, key, default, info);
        return key;
    }
}

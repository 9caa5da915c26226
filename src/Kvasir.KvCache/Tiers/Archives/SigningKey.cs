using System.Security.Cryptography;
using System.Text;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.KvCache.Tiers.Archives;

/// <summary>The key with which this machine's archives are signed (ECDSA, P-256, SHA-256).</summary>
public sealed class SigningKey : IDisposable
{
    /// <summary>Bytes of a signature: r and s.</summary>
    public const int SignatureBytes = 64;

    internal const string FileName = "signing.key";
    private const int CoordinateBytes = 32;
    private readonly ECDsa _key;

    private SigningKey(ECDsa key)
    {
        _key = key;
        PublicKey = key.ExportSubjectPublicKeyInfo();
        if (!PublicKey.AsSpan().StartsWith(PublicKeyPrefix))
            throw new CryptographicException("it is not of the curve P-256");
        Fingerprint = FingerprintOf(PublicKey);
    }

    /// <summary>SubjectPublicKeyInfo of every key of P-256, up to the two coordinates of its point.</summary>
    private static ReadOnlySpan<byte> PublicKeyPrefix =>
    [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
        0x03, 0x42, 0x00, 0x04,
    ];

    /// <summary>The public key, SubjectPublicKeyInfo.</summary>
    public byte[] PublicKey { get; }

    /// <summary>SHA-256 of the public key, hexadecimal: what others put on their list of trusted keys.</summary>
    public string Fingerprint { get; }

    /// <summary>Opens the key of a key folder; makes it when it is not there and <paramref name="create"/> is set.</summary>
    /// <exception cref="CacheFolderException">It cannot be used; the message says what to do.</exception>
    public static SigningKey Open(string keyFolder, bool create = true)
    {
        var path = Path.Combine(keyFolder, FileName);
        var pem = SecretFile.Read(path, create ? New : null);
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(Encoding.ASCII.GetString(pem));
            return new SigningKey(key);
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException or PlatformNotSupportedException)
        {
            key.Dispose();
            throw new CacheFolderException($"the key file {path} is damaged: {exception.Message}; restore it, or delete it to get a new key", exception);
        }
    }

    /// <summary>Signs.</summary>
    public byte[] Sign(ReadOnlySpan<byte> bytes) => _key.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    /// <summary>True when the signature is that of the key over the bytes. False for keys of another kind, too.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature)
    {
        // One form only: no general reader of keys meets hostile bytes.
        if (publicKey.Length != PublicKeyPrefix.Length + (2 * CoordinateBytes) || !publicKey.StartsWith(PublicKeyPrefix))
            return false;
        var point = new ECPoint
        {
            X = publicKey.Slice(PublicKeyPrefix.Length, CoordinateBytes).ToArray(),
            Y = publicKey[(PublicKeyPrefix.Length + CoordinateBytes)..].ToArray(),
        };
        try
        {
            using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point });
            return key.VerifyData(bytes, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Fingerprint of a public key.</summary>
    public static string FingerprintOf(ReadOnlySpan<byte> publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey));

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static byte[] New()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}

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
    private readonly ECDsa _key;

    private SigningKey(ECDsa key)
    {
        _key = key;
        PublicKey = key.ExportSubjectPublicKeyInfo();
        Fingerprint = FingerprintOf(PublicKey);
    }

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
            CheckCurve(key);
            return new SigningKey(key);
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
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
        using var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(publicKey, out var read);
            if (read != publicKey.Length)
                return false;
            CheckCurve(key);
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

    private static void CheckCurve(ECDsa key)
    {
        if (key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
            throw new CryptographicException("it is not of the curve P-256");
    }
}

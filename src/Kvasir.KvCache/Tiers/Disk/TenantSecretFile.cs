using System.Security.Cryptography;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>
/// What a cache's tenants' salts are made from, kept beside the cache's key: were it another one after a restart, nobody would find his
/// own KV again.
/// </summary>
public static class TenantSecretFile
{
    private const int Bytes = 32;
    private const string FileName = "tenants";

    /// <summary>Reads the secret of a key folder; makes it when it is not there.</summary>
    /// <exception cref="CacheFolderException">It cannot be read or made, or others could read it.</exception>
    public static byte[] Open(string keyFolder)
    {
        var path = Path.Combine(keyFolder, FileName);
        var secret = SecretFile.Read(path, () => RandomNumberGenerator.GetBytes(Bytes));
        return secret.Length == Bytes
            ? secret
            : throw new CacheFolderException($"the secret {path} has {secret.Length} bytes instead of {Bytes}; delete it to get a new one (KV of tenants is not found then)");
    }
}

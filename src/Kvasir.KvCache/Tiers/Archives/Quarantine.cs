using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.KvCache.Tiers.Archives;

/// <summary>
/// Objects of one unknown signer, in a folder of their own below the store: sealed like all others, and served to nobody. Whoever has the
/// model reads them, compares them with what the model computes, and promotes or drops them.
/// </summary>
public sealed class Quarantine : IDisposable
{
    private const string FolderName = "quarantine";
    private const string Owner = "quarantine";
    private static readonly TimeSpan PinLifetime = TimeSpan.FromHours(1);
    private readonly DiskTier _tier;

    private Quarantine(DiskTier tier, string signer) => (_tier, Signer) = (tier, signer);

    /// <summary>Fingerprint of the key that signed the objects.</summary>
    public string Signer { get; }

    /// <summary>The objects; to list, pin, describe and read. It is not one of the tiers that are looked in.</summary>
    public IKvTier Tier => _tier;

    /// <summary>Signers with objects in quarantine.</summary>
    /// <param name="storeFolder">Folder of the store.</param>
    public static IReadOnlyList<string> Signers(string storeFolder)
    {
        var folder = Path.Combine(storeFolder, FolderName);
        return Directory.Exists(folder)
            ? [.. new DirectoryInfo(folder).EnumerateDirectories()
                .Where(signer => IsSigner(signer.Name) && !signer.Attributes.HasFlag(FileAttributes.ReparsePoint) && StoreFile.Read(signer.FullName) is not null)
                .Select(signer => signer.Name)
                .Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>Opens a signer's quarantine, and makes it when it is not there.</summary>
    /// <param name="store">How the store is set up; its capacity, quotas and times hold here too, for these objects alone.</param>
    /// <param name="policy">What leaves first; this quarantine's alone.</param>
    /// <param name="signer">Fingerprint of the signer.</param>
    /// <exception cref="CacheFolderException">The folder cannot be used.</exception>
    public static Quarantine Open(DiskTierOptions store, ICachePolicy policy, string signer)
    {
        if (!IsSigner(signer))
            throw new ArgumentException($"'{signer}' is no fingerprint of a key", nameof(signer));
        var options = store with { Folder = Path.Combine(store.Folder, FolderName, signer), Name = $"{store.Name} quarantine" };
        return new Quarantine(new DiskTier(options, policy), signer);
    }

    /// <summary>Moves an object that was found right to a tier that serves it.</summary>
    /// <returns>What came of it; the object leaves the quarantine when the tier has it.</returns>
    /// <exception cref="TierException">The object is gone or damaged.</exception>
    public StoreResult Promote(BlockKey key, IKvTier into)
    {
        StoreResult result;
        using (var pin = _tier.TryPin(key, Owner, PinLifetime) ?? throw new TierException(TierFault.Missing, $"object {key} is not in quarantine"))
        {
            using var chunk = BufferedChunk.Load(_tier, pin);
            result = into.Store(chunk.Chunk, chunk);
        }

        if (result is StoreResult.Stored or StoreResult.Present)
            _tier.Remove(key);
        return result;
    }

    /// <summary>Deletes an object. False when it is not there.</summary>
    public bool Drop(BlockKey key) => _tier.Remove(key);

    /// <summary>Deletes all objects: what to do with a signer of whom one was found wrong.</summary>
    public void DropAll()
    {
        foreach (var entry in _tier.List())
            _tier.Remove(entry.Key);
    }

    /// <inheritdoc/>
    public void Dispose() => _tier.Dispose();

    private static bool IsSigner(string name) => name.Length == 2 * BlockKey.Size && name.All(char.IsAsciiHexDigitLower);
}

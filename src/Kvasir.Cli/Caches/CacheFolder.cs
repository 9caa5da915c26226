using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.Cli.Caches;

/// <summary>A cache as it lies on the disk: one folder with a key folder and one store a model, or a store itself.</summary>
internal sealed class CacheFolder(string path)
{
    private const int MinKeyDigits = 4;

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public string KeyFolder => CacheLocation.KeyFolder(Path);

    /// <summary>All stores, or the one of that name.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no cache, or no such store.</exception>
    public IReadOnlyList<CacheStore> Stores(string? name = null)
    {
        if (!Directory.Exists(Path))
            throw new DirectoryNotFoundException($"there is no cache at {Path}; it is made when a model first runs with one, or name another with --cache");
        var stores = Find();
        if (name is null)
            return stores;
        var named = stores.Where(store => store.Name == name).ToArray();
        return named.Length > 0
            ? named
            : throw new DirectoryNotFoundException($"there is no store '{name}' in {Path}; there are: {Names(stores)}");
    }

    /// <summary>The one store that is meant.</summary>
    /// <exception cref="InvalidOperationException">There is none, or there are several and none was named.</exception>
    public CacheStore Single(string? name)
    {
        var stores = Stores(name);
        return stores.Count switch
        {
            1 => stores[0],
            0 => throw new InvalidOperationException($"the cache {Path} is empty"),
            _ => throw new InvalidOperationException($"the cache {Path} has several stores; choose one with --store: {Names(stores)}"),
        };
    }

    /// <summary>Opens a store beside whoever uses it.</summary>
    public DiskTier OpenToRead(CacheStore store) => new(Options(store) with { ReadOnly = true }, new PassivePolicy());

    /// <summary>Opens a store for changes; refused while another process uses it.</summary>
    public DiskTier OpenToWrite(CacheStore store) => new(Options(store), new PassivePolicy());

    public DiskTierOptions Options(CacheStore store) => new() { Folder = store.Folder, KeyFolder = KeyFolder, Identity = store.Identity };

    /// <summary>The store that a model's KV belongs in, whether it is there or not.</summary>
    public CacheStore StoreFor(StoreIdentity identity) =>
        new(identity.FolderName, CacheLocation.Store(Path, identity).Folder, identity);

    /// <summary>The object whose key begins with the given digits, and its store.</summary>
    /// <exception cref="InvalidOperationException">There is none, or there are several.</exception>
    public (CacheStore Store, TierEntry Entry) Object(string digits, string? store)
    {
        digits = digits.ToLowerInvariant();
        if (digits.Length < MinKeyDigits || !digits.All(char.IsAsciiHexDigitLower))
            throw new FormatException($"'{digits}' is no key: give at least its first {MinKeyDigits} hexadecimal digits, as 'kvasir cache ls' prints them");
        var found = new List<(CacheStore, TierEntry)>();
        foreach (var candidate in Stores(store))
        {
            using var tier = OpenToRead(candidate);
            found.AddRange(tier.List().Where(entry => entry.Key.ToString().StartsWith(digits, StringComparison.Ordinal)).Select(entry => (candidate, entry)));
        }

        return found.Count switch
        {
            1 => found[0],
            0 => throw new InvalidOperationException($"no object's key begins with {digits}; 'kvasir cache ls' lists them"),
            _ => throw new InvalidOperationException($"{found.Count} objects' keys begin with {digits}; give more digits, or --store"),
        };
    }

    private CacheStore[] Find()
    {
        if (StoreFile.Read(Path) is { } own)
            return [new CacheStore(System.IO.Path.GetFileName(Path), Path, own.Identity)];
        return [.. Directory.EnumerateDirectories(Path)
            .Order(StringComparer.Ordinal)
            .Select(folder => (Folder: folder, File: StoreFile.Read(folder)))
            .Where(candidate => candidate.File is not null)
            .Select(candidate => new CacheStore(System.IO.Path.GetFileName(candidate.Folder), candidate.Folder, candidate.File!.Identity))];
    }

    private static string Names(IEnumerable<CacheStore> stores) => string.Join(", ", stores.Select(store => store.Name).DefaultIfEmpty("none"));
}

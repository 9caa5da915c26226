namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>Where caches lie: one folder with the keys and a store for each model, profile and layout.</summary>
public static class CacheLocation
{
    private const string KeyFolderName = "keys";

    /// <summary>The user's cache: <c>kvasir/kv</c> in <c>$XDG_CACHE_HOME</c>, or in <c>~/.cache</c>.</summary>
    public static string Default
    {
        get
        {
            var home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (string.IsNullOrEmpty(home) || !Path.IsPathRooted(home))
                home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(home, "kvasir", "kv");
        }
    }

    /// <summary>Where the keys of a cache lie.</summary>
    public static string KeyFolder(string cache) => Path.Combine(cache, KeyFolderName);

    /// <summary>Options of the store of an identity in a cache; limits are the caller's to add.</summary>
    public static DiskTierOptions Store(string cache, StoreIdentity identity) =>
        new() { Folder = Path.Combine(cache, identity.FolderName), KeyFolder = KeyFolder(cache), Identity = identity };
}

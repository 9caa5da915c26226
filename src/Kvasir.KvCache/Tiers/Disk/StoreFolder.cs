namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>A tier's folder: opened, locked, and known to be of the right model, layout and key.</summary>
internal sealed class StoreFolder : IDisposable
{
    private const string ObjectFolder = "objects";
    private readonly FolderLock? _lock;
    private readonly bool[] _known = new bool[256];

    private StoreFolder(string path, MasterKey key, FolderLock? held)
    {
        Path = path;
        Key = key;
        _lock = held;
    }

    public string Path { get; }

    public MasterKey Key { get; }

    public string Objects => System.IO.Path.Combine(Path, ObjectFolder);

    public string IndexPath => System.IO.Path.Combine(Path, IndexFile.FileName);

    /// <exception cref="CacheFolderException">It cannot be used.</exception>
    public static StoreFolder Open(DiskTierOptions options)
    {
        var path = System.IO.Path.GetFullPath(options.Folder);
        try
        {
            return options.ReadOnly ? OpenToRead(path, options) : OpenToWrite(path, options);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException || (exception is IOException and not CacheFolderException))
        {
            throw new CacheFolderException($"the cache {path} cannot be opened: {exception.Message}", exception);
        }
    }

    /// <summary>Where an object's file lies.</summary>
    /// <exception cref="InvalidDataException">The folder that it lies in is a link.</exception>
    public string PathOf(DiskEntry entry, bool create)
    {
        var path = System.IO.Path.Combine(Objects, entry.Name);
        var part = Convert.ToInt32(entry.Name[..2], 16);
        if (Volatile.Read(ref _known[part]))
            return path;
        var folder = System.IO.Path.GetDirectoryName(path)!;
        if (create)
            SecretFile.CreateFolder(folder);
        if (IsLink(folder) || IsLink(Objects))
            throw new InvalidDataException($"{folder} is a link; objects are read from and written to the cache's own folders only");
        Volatile.Write(ref _known[part], create || Directory.Exists(folder));
        return path;
    }

    public void Dispose() => _lock?.Dispose();

    internal static bool IsLink(string folder) =>
        new DirectoryInfo(folder) is { Exists: true } info && info.Attributes.HasFlag(FileAttributes.ReparsePoint);

    private static StoreFolder OpenToRead(string path, DiskTierOptions options)
    {
        var store = StoreFile.Read(path) ?? throw new CacheFolderException($"{path} is no cache: it has no {StoreFile.FileName}");
        var key = MasterKey.Open(options.KeyFolder, create: false);
        Check(path, options, store, key);
        return new StoreFolder(path, key, null);
    }

    private static StoreFolder OpenToWrite(string path, DiskTierOptions options)
    {
        SecretFile.CreateFolder(path);
        var held = FolderLock.Take(path);
        try
        {
            var store = StoreFile.Read(path);
            var key = MasterKey.Open(options.KeyFolder, create: store is null);
            if (store is null)
                new StoreFile(options.Identity, key.Id).Write(path);
            else
                Check(path, options, store, key);
            var folder = new StoreFolder(path, key, held);
            if (IsLink(folder.Objects))
                throw new CacheFolderException($"{folder.Objects} is a link; delete it, or give the cache the folder that it leads to");
            SecretFile.CreateFolder(folder.Objects);
            return folder;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private static void Check(string path, DiskTierOptions options, StoreFile store, MasterKey key)
    {
        if (StoreFile.Difference(store.Identity, options.Identity) is { } difference)
            throw new CacheFolderException($"the cache {path} is {difference}; choose another folder, or empty it");
        if (store.KeyId != key.Id)
            throw new CacheFolderException($"the cache {path} was written with another key than that in {options.KeyFolder}; restore the key, or delete the folder");
    }
}

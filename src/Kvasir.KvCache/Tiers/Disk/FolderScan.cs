using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>
/// Finds what a folder holds. The files decide what is there; the index adds what they do not say (uses, user pins). Objects that the
/// index does not know are taken in by their headers; entries without a file are forgotten; what a kill left half written is deleted.
/// </summary>
internal sealed class FolderScan(DiskCore core)
{
    private readonly Dictionary<(BlockKey Key, uint Generation), DiskEntry> _index = IndexFile.Read(core.Folder.IndexPath, core.Folder.Key);
    private readonly Dictionary<BlockKey, DiskEntry> _found = [];

    /// <summary>The objects that are there.</summary>
    public IReadOnlyCollection<DiskEntry> Entries => _found.Values;

    /// <summary>Files that were no whole objects.</summary>
    public int Damaged { get; private set; }

    /// <summary>True when the index did not say what is there.</summary>
    public bool IndexWasStale { get; private set; }

    public FolderScan Run()
    {
        try
        {
            if (Directory.Exists(core.Folder.Objects) && !StoreFolder.IsLink(core.Folder.Objects))
            {
                foreach (var part in new DirectoryInfo(core.Folder.Objects).EnumerateDirectories())
                {
                    if (IsPart(part.Name) && !part.Attributes.HasFlag(FileAttributes.ReparsePoint))
                        ScanPart(part);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CacheFolderException($"the cache {core.Folder.Path} cannot be read: {exception.Message}", exception);
        }

        IndexWasStale |= _index.Count != _found.Count;
        return this;
    }

    private static bool IsPart(string name) => name.Length == 2 && name.All(char.IsAsciiHexDigitLower);

    private void ScanPart(DirectoryInfo part)
    {
        foreach (var file in part.EnumerateFiles())
        {
            if (file.Name.EndsWith(WholeFile.TemporaryExtension, StringComparison.Ordinal))
                Delete(file.FullName);
            else if (DiskEntry.TryParseName(file.Name, out var key, out var generation) && file.Name.StartsWith(part.Name, StringComparison.Ordinal))
                Take(file, key, generation);
        }
    }

    private void Take(FileInfo file, BlockKey key, uint generation)
    {
        // Whoever only reads may look while another deletes.
        if (!file.Exists)
            return;
        if (!_index.TryGetValue((key, generation), out var entry) || entry.Bytes != file.Length || file.Attributes.HasFlag(FileAttributes.ReparsePoint))
        {
            IndexWasStale = true;
            entry = Adopt(file, key, generation);
            if (entry is null)
                return;
        }

        if (_found.TryGetValue(key, out var other))
        {
            // A kill between a store and the deletion of an older file of the same key: either would do.
            var (kept, gone) = entry.Created > other.Created ? (entry, other) : (other, entry);
            kept.KeptBy ??= gone.KeptBy;
            Delete(Path.Combine(core.Folder.Objects, gone.Name));
            entry = kept;
        }

        _found[key] = entry;
    }

    private DiskEntry? Adopt(FileInfo file, BlockKey key, uint generation)
    {
        try
        {
            using var opened = ObjectFile.Open(core.Files, file.FullName, file.Length, core.Geometry, core.Folder.Key);
            var (chunk, created) = (opened.Header.Chunk, opened.Header.Created);
            if (chunk.Key != key)
                throw new InvalidDataException($"{file.FullName} holds object {chunk.Key}");
            return new DiskEntry
            {
                Key = key,
                Parent = chunk.Parent,
                Generation = generation,
                Tenant = chunk.Tenant,
                FirstToken = chunk.FirstToken,
                Tokens = opened.Header.Tokens,
                PromptTokens = chunk.PromptTokens,
                Bytes = file.Length,
                Created = created,
                LastUse = created,
            };
        }
        catch (Exception exception) when (exception is TierException or InvalidDataException or EndOfStreamException)
        {
            Damaged++;
            Delete(file.FullName);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The medium fails now; what it holds may be whole, so it stays, unused.
            return null;
        }
    }

    private void Delete(string path)
    {
        if (core.Options.ReadOnly)
            return;
        try
        {
            core.Files.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is not in the books, so it is never served; the next start tries again.
        }
    }
}

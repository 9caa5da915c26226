using System.Text;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Retention;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>
/// Chunks in files of one folder, one file an object, sealed with the folder's key. The format, and what it guarantees:
/// docs/kv-format.md.
/// </summary>
/// <remarks>
/// One file an object and no segments: objects are megabytes, so a file's overhead is nothing; evicting is deleting, with no compaction;
/// and a rename makes an object appear whole or not at all, whenever the process is killed.
/// </remarks>
public sealed unsafe class DiskTier : IKvTier
{
    private readonly DiskCore _core;
    private readonly DiskUpkeep _upkeep;
    private readonly DiskReader _reader;
    private readonly DiskStore _store;
    private bool _disposed;

    /// <summary>Opens a folder, and makes it when it is not there.</summary>
    /// <param name="options">How.</param>
    /// <param name="policy">What leaves first; this tier's alone.</param>
    /// <exception cref="CacheFolderException">The folder or its key cannot be used: in use, another model's, open to others. Nothing was changed.</exception>
    public DiskTier(DiskTierOptions options, ICachePolicy policy)
        : this(options, policy, DiskFiles.Instance)
    {
    }

    internal DiskTier(DiskTierOptions options, ICachePolicy policy, IDiskFiles files)
    {
        options.Identity.Validate();
        _core = new DiskCore(options, files, StoreFolder.Open(options), new DiskBooks(options, policy), new Lock(), new DiskCounters());
        _upkeep = new DiskUpkeep(_core);
        _reader = new DiskReader(_core, _upkeep);
        _store = new DiskStore(_core, _upkeep);
        try
        {
            Load();
        }
        catch
        {
            _core.Folder.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Name => _core.Options.Name;

    /// <inheritdoc/>
    public ChunkGeometry Geometry => _core.Geometry;

    /// <summary>Its folder.</summary>
    public string Folder => _core.Folder.Path;

    /// <summary>Whose KV it keeps.</summary>
    public StoreIdentity Identity => _core.Options.Identity;

    /// <inheritdoc/>
    public TierStatus Status
    {
        get
        {
            lock (_core.Gate)
            {
                var (books, counters) = (_core.Books, _core.Counters);
                books.EndOldPins();
                return new TierStatus
                {
                    Objects = books.Entries.Count,
                    Bytes = books.Bytes,
                    CapacityBytes = _core.Options.CapacityBytes,
                    Pins = books.Pins.Count,
                    ExpiredPins = books.Pins.Expired,
                    Stored = Volatile.Read(ref counters.Stored),
                    Refused = Volatile.Read(ref counters.Refused),
                    Evicted = books.Evicted,
                    Expired = books.Expired,
                    Damaged = Volatile.Read(ref counters.Damaged),
                    Failures = Volatile.Read(ref counters.Failures),
                    ReadBytes = Volatile.Read(ref counters.ReadBytes),
                    WrittenBytes = Volatile.Read(ref counters.WrittenBytes),
                };
            }
        }
    }

    /// <inheritdoc/>
    public bool Contains(BlockKey key)
    {
        lock (_core.Gate)
            return _core.Books.Find(key) is not null;
    }

    /// <inheritdoc/>
    public TierPin? TryPin(BlockKey key, string owner, TimeSpan lifetime)
    {
        lock (_core.Gate)
        {
            if (_disposed)
                return null;
            _core.Books.EndOldPins();
            return _core.Books.Find(key) is { } entry ? _core.Books.Pin(entry, owner, lifetime, Unpin) : null;
        }
    }

    /// <inheritdoc/>
    public ChunkDescriptor Describe(TierPin pin) => _reader.Describe(pin);

    /// <inheritdoc/>
    public void Read(TierPin pin, int group, int block, byte* destination) => _reader.Read(pin, group, block, destination);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The chunk is not one of this geometry, or its tenant's label is too long.</exception>
    public StoreResult Store(ChunkDescriptor chunk, IChunkSource source)
    {
        CheckWritable();
        return _store.Store(chunk, source);
    }

    /// <inheritdoc/>
    public bool Remove(BlockKey key)
    {
        CheckWritable();
        lock (_core.Gate)
        {
            if (_core.Books.Find(key) is not { } entry)
                return false;
            _core.Books.Hide(entry);
        }

        _upkeep.DeleteDoomed();
        return true;
    }

    /// <inheritdoc/>
    public IReadOnlyList<TierEntry> List()
    {
        lock (_core.Gate)
        {
            _core.Books.EndOldPins();
            return [.. _core.Books.Entries.Select(entry => entry.ToTierEntry())];
        }
    }

    /// <summary>Keys of an object and of the objects before it, the last one first, as far as they are there.</summary>
    public IReadOnlyList<BlockKey> WithAncestors(BlockKey key)
    {
        var keys = new List<BlockKey>();
        lock (_core.Gate)
        {
            // A prefix shortens with every step, so that no chain of keys leads in a circle.
            for (var first = int.MaxValue; _core.Books.Find(key) is { } entry && entry.FirstToken < first; (first, key) = (entry.FirstToken, entry.Parent))
                keys.Add(key);
        }

        return keys;
    }

    /// <summary>Keeps an object until it is let go, across restarts: it is not evicted, and its time does not pass. False when it is not there.</summary>
    /// <param name="key">The object.</param>
    /// <param name="by">Who wants it, for listings.</param>
    public bool Keep(BlockKey key, string by)
    {
        if (by.Length == 0 || Encoding.UTF8.GetByteCount(by) > IndexFile.MaxKeptByBytes)
            throw new ArgumentException($"'{by}' is empty or longer than {IndexFile.MaxKeptByBytes} bytes; say shortly who keeps the object", nameof(by));
        return SetKept(key, by);
    }

    /// <summary>Lets an object go that was kept. False when it is not there or was not kept.</summary>
    public bool LetGo(BlockKey key) => SetKept(key, null);

    /// <inheritdoc/>
    /// <remarks>Drops what is over, deletes what could not be deleted before, and writes the index when it is time.</remarks>
    public void Maintain()
    {
        CheckWritable();
        lock (_core.Gate)
        {
            _core.Books.EndOldPins();
            _core.Books.EndOldObjects();
            _core.Books.TryAgain();
        }

        _store.DeleteLeft();
        _upkeep.DeleteDoomed();
        _upkeep.SaveIndexIfDue();
    }

    /// <summary>Writes the index and gives the folder free. Objects stay; pins end. Nothing else may be under way.</summary>
    public void Dispose()
    {
        lock (_core.Gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            _core.Books.EndAllPins();
        }

        _upkeep.DeleteDoomed();
        if (!_core.Options.ReadOnly && _core.Books.Dirty)
            _upkeep.SaveIndex();
        _core.Folder.Dispose();
    }

    /// <summary>Throws when the books do not agree. For tests; nothing may be under way.</summary>
    internal void CheckIntegrity()
    {
        lock (_core.Gate)
            _core.Books.CheckIntegrity();
    }

    private void Load()
    {
        var scan = new FolderScan(_core).Run();
        foreach (var entry in scan.Entries.OrderBy(entry => entry.LastUse))
            _core.Books.Add(entry);
        _core.Counters.Add(ref _core.Counters.Damaged, scan.Damaged);
        _core.Books.Dirty = scan.IndexWasStale;
        if (_core.Options.ReadOnly)
            return;
        _core.Books.EndOldObjects();
        _core.Books.Evict(_core.Books.Bytes - _core.Options.CapacityBytes);
        _upkeep.DeleteDoomed();
    }

    private void Unpin(TierPin pin)
    {
        lock (_core.Gate)
            _core.Books.Unpin(pin);
        if (!Volatile.Read(ref _disposed))
            _upkeep.DeleteDoomed();
    }

    private bool SetKept(BlockKey key, string? by)
    {
        CheckWritable();
        lock (_core.Gate)
        {
            if (_core.Books.Find(key) is not { } entry || (by is null && entry.KeptBy is null))
                return false;
            entry.KeptBy = by;
        }

        _upkeep.SaveIndex();
        return true;
    }

    private void CheckWritable()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        if (_core.Options.ReadOnly)
            throw new InvalidOperationException($"the cache {Folder} was opened for reading only");
    }
}

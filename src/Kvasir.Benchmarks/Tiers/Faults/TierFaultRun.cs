using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Retention.Objects;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Books;
using Kvasir.KvCache.Tiers.Disk;
using Kvasir.KvCache.Tiers.Host;
using Kvasir.KvCache.Tiers.Moves;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Tiers.Faults;

/// <summary>
/// Random operations on a host and a disk tier that fail, are damaged, fill up and are torn, against the plain truth: a load that ends
/// well has the stored bytes, and when all is over nothing is held.
/// </summary>
internal sealed unsafe class TierFaultRun : IDisposable
{
    private const int ChunkTokens = 32;
    private const int HostObjects = 40;
    private const int DiskObjects = 80;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly ChunkGeometry Geometry = new(new KvLayout(3, 1, 16, KvDataType.F16, BlockRows: 16), LayersPerRecord: 2);

    private readonly OperationTime _time = new();
    private readonly Random _random;
    private readonly string _folder;
    private readonly FaultPrompts _prompts;
    private readonly FailingFiles _files;
    private readonly NativeBuffer _pool = new((nuint)(64 * Geometry.Layout.BlockBytes));
    private readonly HashSet<(bool OnDisk, BlockKey Key)> _changed = [];
    private HostTier _host = null!;
    private DiskTier _disk = null!;
    private KvTiers _tiers = null!;
    private long _operations;
    private long _wrong;
    private long _hangs;
    private long _injected;
    private long _detected;
    private long _evaporated;
    private long _loads;
    private long _failedLoads;
    private long _restarts;

    public TierFaultRun(string folder, int seed)
    {
        _folder = folder;
        _random = new Random(seed);
        _files = new FailingFiles(seed + 1);
        _prompts = new FaultPrompts(Geometry, ChunkTokens, _random);
        Open();
    }

    /// <summary>Does the operations and takes stock.</summary>
    public TierFaultReport Run(long operations, Action<long>? progress, CancellationToken cancellation)
    {
        for (_operations = 0; _operations < operations; _operations++)
        {
            cancellation.ThrowIfCancellationRequested();
            Operate();
            _time.Advance();
            if (_operations % 10_000 == 0)
                progress?.Invoke(_operations);
        }

        return TakeStock();
    }

    public void Dispose()
    {
        _tiers.Dispose();
        _host.Dispose();
        _disk.Dispose();
        _pool.Dispose();
    }

    private void Operate()
    {
        switch (_random.Next(1000))
        {
            case < 450:
                Store();
                break;
            case < 880:
                Load();
                break;
            case < 920:
                LookUpOnly();
                break;
            case < 950:
                RemoveOne();
                break;
            case < 965:
                ChangeHost();
                break;
            case < 980:
                ChangeDisk();
                break;
            case < 997:
                _files.FailureRate = _random.Next(3) == 0 ? 0.05 : 0;
                _files.IsFull = _random.Next(8) == 0;
                break;
            case < 999:
                _tiers.IsBusy = false;
                Wait(_tiers.WaitForStores(LongestWait));
                break;
            default:
                Restart();
                break;
        }
    }

    private void Store()
    {
        var (tokens, keys) = _prompts.Draw(_random);
        var blocks = tokens.Length / Geometry.Layout.BlockRows;
        for (var block = 0; block < blocks; block++)
            FaultPrompts.Fill(keys.At(block + 1, tokens), Block(block));
        var seen = 0;
        if (_random.Next(4) == 0)
            _tiers.SwapOut(keys, tokens, tokens.Length, ref seen, Address);
        else
            _tiers.Offer(keys, tokens, tokens.Length, ref seen, Address);
    }

    private void Load()
    {
        var (tokens, keys) = _prompts.Draw(_random);
        var matched = _random.Next(2) == 0 ? 0 : _random.Next(tokens.Length);
        var hit = PrefixSearch.Find(_tiers, keys, tokens, matched, tokens.Length, tokens.Length / Geometry.Layout.BlockRows, $"load {_operations}");
        if (hit is null)
            return;
        var first = hit.Start / Geometry.Layout.BlockRows;
        var at = first;
        foreach (var part in hit.Parts)
        {
            for (var i = 0; i < part.Destinations.Length; i++, at++)
                part.Destinations[i] = Address(at);
        }

        using var ended = new ManualResetEventSlim();
        var load = _tiers.Load(hit, ended.Set);
        if (_random.Next(8) == 0)
            load.Cancel();
        else if (_random.Next(3) == 0)
            load.WaitLayer(_random.Next(Geometry.Layout.Layers));
        if (!ended.Wait(LongestWait))
        {
            _hangs++;
            load.Cancel();
            return;
        }

        if (load.Error is { } error)
            Failed(load, error);
        else if (load.IsWhole)
            Compare(keys, tokens, first, at);
    }

    private void Compare(KeyChain keys, int[] tokens, int first, int end)
    {
        _loads++;
        for (var block = first; block < end; block++)
        {
            if (FaultPrompts.IsTrue(keys.At(block + 1, tokens), Block(block)))
                continue;
            _wrong++;
            return;
        }
    }

    private void Failed(TierLoad load, TierException error)
    {
        _failedLoads++;
        var key = load.FailedPart!.Pin.Key;
        var isDisk = load.FailedPart.Tier == _disk;
        if (error.Fault == TierFault.Damaged && _changed.Remove((isDisk, key)))
            _detected++;
        if (error.Fault is TierFault.Damaged)
            load.FailedPart.Tier.Remove(key);
    }

    private void LookUpOnly()
    {
        var (tokens, keys) = _prompts.Draw(_random);
        PrefixSearch.Find(_tiers, keys, tokens, 0, tokens.Length, 0, $"look-up {_operations}")?.Dispose();
    }

    private void RemoveOne()
    {
        var (tokens, keys) = _prompts.Draw(_random);
        _tiers.Remove(keys.At(ChunkTokens / Geometry.Layout.BlockRows, tokens));
    }

    private void ChangeHost()
    {
        var entries = _host.List();
        if (entries.Count == 0)
            return;
        var entry = entries[_random.Next(entries.Count)];
        using var pin = _host.TryPin(entry.Key, "fault", LongestWait);
        if (pin is null || !_changed.Add((false, entry.Key)))
            return;
        _injected++;
        _host.RecordAddress(pin, 0, 0)[_random.Next(Geometry.RecordBytes(0))] ^= (byte)(1 << _random.Next(8));
    }

    /// <summary>Flips a bit of a file, or cuts it off.</summary>
    private void ChangeDisk()
    {
        var entries = _disk.List();
        if (entries.Count == 0)
            return;
        var entry = entries[_random.Next(entries.Count)];
        var path = Directory.EnumerateFiles(_disk.Folder, $"{entry.Key}*", SearchOption.AllDirectories).FirstOrDefault();
        if (path is null || !_changed.Add((true, entry.Key)))
            return;
        _injected++;
        using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (_random.Next(4) == 0)
        {
            file.SetLength(_random.NextInt64(file.Length));
            return;
        }

        var at = _random.NextInt64(file.Length);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ (1 << _random.Next(8))));
    }

    /// <summary>Ends the tiers as a crash may leave them: files cut off, rubbish beside them, an index that is torn, old or gone.</summary>
    private void Restart()
    {
        _tiers.Dispose();
        ForgetChangesOf(disk: false);
        var index = Path.Combine(_disk.Folder, "index");
        switch (_random.Next(4))
        {
            case 0 when File.Exists(index):
                File.Delete(index);
                _injected++;
                _detected++; // that it is gone shows in the scan, which every restart makes
                break;
            case 1 when File.Exists(index):
                using (var file = File.OpenWrite(index))
                    file.SetLength(_random.NextInt64(file.Length + 1));
                _injected++;
                _detected++;
                break;
            case 2:
                File.WriteAllBytes(Path.Combine(_disk.Folder, $"{_operations}.tmp"), new byte[_random.Next(4096)]);
                break;
        }

        _restarts++;
        Open();
    }

    private void Open()
    {
        var objectBytes = Geometry.Bytes(ChunkTokens / Geometry.Layout.BlockRows);
        _files.FailureRate = 0;
        _files.IsFull = false;
        _host = new HostTier(Geometry, new TierLimits { CapacityBytes = HostObjects * objectBytes }, new LruPolicy(), _time);
        _disk = new DiskTier(
            new DiskTierOptions
            {
                Folder = Path.Combine(_folder, "store"),
                KeyFolder = Path.Combine(_folder, "keys"),
                Identity = new StoreIdentity(new string('0', 2 * BlockKey.Size), "faults/1", Geometry),
                CapacityBytes = DiskObjects * (objectBytes + 1024),
                Clock = _time,
                OtherTenants = new TenantLimit(DiskObjects / 2 * (objectBytes + 1024), null),
            },
            new LruPolicy(),
            _files);
        _tiers = new KvTiers([_host, _disk], Geometry, new KvTierOptions { ChunkTokens = ChunkTokens, MinLoadTokens = 1, BusyShare = 1, MaxPendingStores = 64 }, _time);
    }

    private TierFaultReport TakeStock()
    {
        _files.FailureRate = 0;
        _files.IsFull = false;
        Wait(_tiers.WaitForStores(LongestWait));
        SweepChanged();
        _disk.Maintain(); // deletes that failed are done again
        var pins = _host.Status.Pins + _disk.Status.Pins;
        var bytes = Math.Abs(_disk.Status.Bytes - _disk.List().Sum(entry => entry.Bytes)) + Math.Abs(_host.Status.Bytes - _host.List().Sum(entry => entry.Bytes));
        _tiers.Clear();
        _disk.Maintain();
        bytes += _host.Status.Bytes + _disk.Status.Bytes;
        bytes += Directory.EnumerateFiles(_disk.Folder, "*.kv", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);

        // An operation that fails is met by whoever does it: had nobody caught it, this run would have ended.
        return new TierFaultReport(
            _operations, _wrong, pins, bytes, _hangs, _injected + _files.Injected, _detected + _files.Injected, _evaporated, _loads, _failedLoads, _restarts);
    }

    /// <summary>Reads every object that was changed and is still there: it must not be readable.</summary>
    private void SweepChanged()
    {
        foreach (var (onDisk, key) in _changed.ToArray())
        {
            IKvTier tier = onDisk ? _disk : _host;
            using var pin = tier.TryPin(key, "sweep", LongestWait);
            if (pin is null)
            {
                _evaporated++;
                continue;
            }

            try
            {
                var blocks = tier.Describe(pin).Tokens.Length / Geometry.Layout.BlockRows;
                for (var group = 0; group < Geometry.Groups; group++)
                {
                    for (var block = 0; block < blocks; block++)
                        tier.Read(pin, group, block, (byte*)Address(0));
                }

                _evaporated++; // stored anew since
            }
            catch (TierException)
            {
                _detected++;
            }
        }

        _changed.Clear();
    }

    private void ForgetChangesOf(bool disk) => _evaporated += _changed.RemoveWhere(change => change.OnDisk == disk);

    private void Wait(bool done) => _hangs += done ? 0 : 1;

    private nint Address(int block) => (nint)(_pool.Pointer + (block * Geometry.Layout.BlockBytes));

    private Span<byte> Block(int block) => new((void*)Address(block), (int)Geometry.Layout.BlockBytes);
}

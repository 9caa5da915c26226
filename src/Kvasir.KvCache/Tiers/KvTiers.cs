using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tiers.Moves;

namespace Kvasir.KvCache.Tiers;

/// <summary>
/// The tiers of an engine, fastest first: finds the chunks that follow what the pool has, loads them, and keeps what was computed.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>A chunk is written to every tier, through a copy: the pool's blocks never wait for a medium.</item>
/// <item>A chunk counts as found only when all before it are in the pool or found too, so a hit is always a prefix.</item>
/// <item>A tier that fails is bypassed for a while; an object that turned out to be damaged or forged is removed everywhere.</item>
/// </list>
/// The engine's thread uses it; the tiers are used by the mover's threads too.
/// </remarks>
internal sealed class KvTiers : IDisposable
{
    private const double AssumedBytesPerSecond = 1e9;
    private const double RateWindowBytes = 64 << 20;

    private static readonly TimeSpan MaintenanceInterval = TimeSpan.FromMinutes(1);

    private readonly TierSlot[] _tiers;
    private readonly KvTierOptions _options;
    private readonly TierMover _mover;
    private readonly StoreGate _gate;
    private readonly TimeProvider _time;
    private readonly Stack<StoreBuffer> _buffers = new();
    private readonly int _chunkBlocks;
    private long _maintained;
    private int _pendingStores;
    private long _droppedStores;

    private sealed record TierSlot(IKvTier Tier, TierHealth Health, RateEstimate Idle, RateEstimate Busy);

    /// <summary>Takes over the tiers, which must be cut alike.</summary>
    public KvTiers(IReadOnlyList<IKvTier> tiers, ChunkGeometry geometry, KvTierOptions options, TimeProvider time)
    {
        options.Validate(geometry.Layout.BlockRows);
        Geometry = geometry;
        _options = options;
        _time = time;
        _chunkBlocks = options.ChunkTokens / geometry.Layout.BlockRows;
        _gate = new StoreGate(options.StoreAfterUses);
        _tiers = [.. tiers.Select(tier => new TierSlot(tier, new TierHealth(time), Rate(), Rate()))];
        _mover = new TierMover(options.Threads, options.BusyShare, time);

        static RateEstimate Rate() => new(AssumedBytesPerSecond, RateWindowBytes);
    }

    public ChunkGeometry Geometry { get; }

    public IEnumerable<IKvTier> Tiers => _tiers.Select(slot => slot.Tier);

    /// <summary>Tokens of a chunk.</summary>
    public int ChunkTokens => _options.ChunkTokens;

    /// <summary>Shorter finds are computed instead.</summary>
    public int MinLoadTokens => _options.MinLoadTokens;

    /// <summary>A load that takes longer is given up.</summary>
    public TimeSpan LoadTimeout => _options.LoadTimeout;

    /// <summary>True while others are computing: moving then keeps to its share of a processor.</summary>
    public bool IsBusy
    {
        get => _mover.IsBusy;
        set => _mover.IsBusy = value;
    }

    /// <summary>True while objects wait to be stored.</summary>
    public bool HasPendingStores => Volatile.Read(ref _pendingStores) > 0;

    /// <summary>Chunks that were not stored because too many waited.</summary>
    public long DroppedStores => Interlocked.Read(ref _droppedStores);

    /// <summary>Times that a tier was bypassed because it failed.</summary>
    public long Bypasses => _tiers.Sum(slot => slot.Health.Bypasses);

    /// <summary>True when a tier that answers has an object.</summary>
    public bool Contains(BlockKey key)
    {
        foreach (var slot in _tiers)
        {
            if (slot.Health.IsUsable && slot.Tier.Contains(key))
                return true;
        }

        return false;
    }

    /// <summary>Begins to load; the hit's parts have their destinations, and its pins are the load's from now on.</summary>
    /// <param name="hit">What was found.</param>
    /// <param name="ended">Called once when nobody touches the destinations any more, on any thread.</param>
    public TierLoad Load(TierHit hit, Action ended)
    {
        var busy = IsBusy;
        var load = new TierLoad(hit.Parts, Geometry, _options.LoadTimeout, finished =>
        {
            Learn(finished, busy);
            ended();
        });
        _mover.Load(load);
        return load;
    }

    /// <summary>
    /// Keeps the chunks of a sequence that are complete and that the tiers do not have. Copies them, so that the blocks may go at once.
    /// </summary>
    /// <param name="keys">The sequence's keys.</param>
    /// <param name="tokens">Tokens of the rows that are computed.</param>
    /// <param name="promptTokens">Length of its prompt.</param>
    /// <param name="seenChunks">Chunks that were offered before; counted on.</param>
    /// <param name="address">First byte of the sequence's n-th block.</param>
    /// <returns>True when a chunk is on its way to a tier.</returns>
    public bool Offer(KeyChain keys, ReadOnlySpan<int> tokens, int promptTokens, ref int seenChunks, Func<int, nint> address)
    {
        var any = false;
        for (; (seenChunks + 1) * _options.ChunkTokens <= tokens.Length; seenChunks++)
        {
            var key = keys.At((seenChunks + 1) * _chunkBlocks, tokens);
            if (!_gate.Use(key) || IsKept(key))
                continue;
            if (Volatile.Read(ref _pendingStores) >= _options.MaxPendingStores)
            {
                // Left out, not waited for: the engine's step is worth more than a chunk in a tier.
                Interlocked.Increment(ref _droppedStores);
                continue;
            }

            Store(keys, tokens, promptTokens, seenChunks * _chunkBlocks, (seenChunks + 1) * _chunkBlocks, address);
            any = true;
        }

        return any;
    }

    /// <summary>
    /// Counts a use of a prompt's chunks from its end to its beginning, once they are stored: they came in the other way round, and an
    /// order by recency would give up first what all the others need.
    /// </summary>
    public void Renew(KeyChain keys, ReadOnlyMemory<int> tokens)
    {
        var chunks = tokens.Length / _options.ChunkTokens;
        if (chunks < 2)
            return;
        var ends = new BlockKey[chunks];
        for (var i = 0; i < chunks; i++)
            ends[i] = keys.At((i + 1) * _chunkBlocks, tokens.Span);
        _mover.Store(() =>
        {
            for (var i = chunks - 1; i >= 0; i--)
            {
                foreach (var slot in _tiers)
                    slot.Tier.TryPin(ends[i], "renewal", _options.PinLifetime)?.Dispose();
            }

            Maintain();
        });
    }

    /// <summary>
    /// Keeps the full blocks behind a preempted sequence's last full chunk as an object of their own, in the fastest tier. True when all
    /// its full blocks are kept or on their way.
    /// </summary>
    public bool SwapOut(KeyChain keys, ReadOnlySpan<int> tokens, int promptTokens, ref int seenChunks, Func<int, nint> address)
    {
        Offer(keys, tokens, promptTokens, ref seenChunks, address);
        var blocks = tokens.Length / Geometry.Layout.BlockRows;
        var first = blocks / _chunkBlocks * _chunkBlocks;
        if (first == blocks)
            return true;
        if (_tiers.Length == 0 || !_tiers[0].Health.IsUsable || Volatile.Read(ref _pendingStores) >= _options.MaxPendingStores)
            return false;
        if (!_tiers[0].Tier.Contains(keys.At(blocks, tokens)))
            Store(keys, tokens, promptTokens, first, blocks, address, fastestOnly: true);
        return true;
    }

    /// <summary>How long loading some bytes from the fastest tier is expected to take.</summary>
    public double SwapSeconds(long bytes) => _tiers.Length == 0 ? double.PositiveInfinity : bytes / Rate(_tiers[0]).PerSecond;

    /// <summary>Counts a use of an object; true when it is to be kept and not every tier has it.</summary>
    public bool Wants(BlockKey key) => _gate.Use(key) && !IsKept(key);

    /// <summary>Keeps an object; false when too many wait to be stored.</summary>
    /// <param name="chunk">What it is; at most <see cref="ChunkTokens"/> tokens.</param>
    /// <param name="fill">Fills the copy that is stored.</param>
    public bool TryStore(ChunkDescriptor chunk, Action<StoreBuffer> fill)
    {
        if (Volatile.Read(ref _pendingStores) >= _options.MaxPendingStores)
        {
            Interlocked.Increment(ref _droppedStores);
            return false;
        }

        Store(chunk, fill, _tiers.Length);
        return true;
    }

    /// <summary>Pins an object in the fastest tier that has it.</summary>
    public (IKvTier Tier, TierPin Pin)? TryPin(BlockKey key, string owner)
    {
        foreach (var slot in _tiers)
        {
            if (slot.Health.IsUsable && slot.Tier.TryPin(key, owner, _options.PinLifetime) is { } pin)
                return (slot.Tier, pin);
        }

        return null;
    }

    /// <summary>Removes the objects of a load whose rows were false, and bypasses where they came from.</summary>
    public void Distrust(TierLoad load, IEnumerable<BlockKey> keys)
    {
        foreach (var key in keys)
            Remove(key);
        foreach (var tier in load.Parts.Select(part => part.Tier).Distinct())
            Slot(tier).Health.Distrust();
    }

    /// <summary>Removes an object from all tiers.</summary>
    public void Remove(BlockKey key)
    {
        foreach (var slot in _tiers)
            slot.Tier.Remove(key);
    }

    /// <summary>Forgets all objects of all tiers.</summary>
    public void Clear()
    {
        foreach (var slot in _tiers)
        {
            foreach (var entry in slot.Tier.List())
                slot.Tier.Remove(entry.Key);
        }
    }

    /// <summary>Waits until everything offered is stored; true when it is.</summary>
    public bool WaitForStores(TimeSpan most) => _mover.WaitForStores(most);

    /// <summary>Notes that a tier did not answer in time.</summary>
    public void TimedOut(TierLoad load)
    {
        foreach (var part in load.Parts)
            Slot(part.Tier).Health.Failed();
    }

    public void Dispose()
    {
        _mover.IsBusy = false;
        _mover.WaitForStores(_options.CloseTimeout);
        _mover.Dispose();
        foreach (var slot in _tiers)
            slot.Tier.Dispose();
        foreach (var buffer in _buffers)
            buffer.Dispose();
    }

    private void Maintain()
    {
        if (_time.GetElapsedTime(_maintained) < MaintenanceInterval)
            return;
        _maintained = _time.GetTimestamp();
        foreach (var slot in _tiers)
            slot.Tier.Maintain();
    }

    private bool IsKept(BlockKey key)
    {
        foreach (var slot in _tiers)
        {
            if (slot.Health.IsUsable && !slot.Tier.Contains(key))
                return false;
        }

        return true;
    }

    private void Store(KeyChain keys, ReadOnlySpan<int> tokens, int promptTokens, int firstBlock, int endBlock, Func<int, nint> address, bool fastestOnly = false)
    {
        var rows = Geometry.Layout.BlockRows;
        var chunk = new ChunkDescriptor
        {
            Key = keys.At(endBlock, tokens),
            Parent = keys.At(firstBlock, tokens),
            Scope = keys.Scope.Root,
            FirstToken = firstBlock * rows,
            Tokens = tokens[(firstBlock * rows)..(endBlock * rows)].ToArray(),
            PromptTokens = promptTokens,
            Tenant = keys.Scope.Tenant,
        };
        Store(
            chunk,
            buffer =>
            {
                unsafe
                {
                    for (var block = firstBlock; block < endBlock; block++)
                        buffer.Fill(block - firstBlock, (byte*)address(block));
                }
            },
            fastestOnly ? 1 : _tiers.Length);
    }

    private void Store(ChunkDescriptor chunk, Action<StoreBuffer> fill, int tiers)
    {
        var buffer = RentBuffer();
        fill(buffer);
        Interlocked.Increment(ref _pendingStores);
        _mover.Store(() => Store(chunk, buffer, tiers));
    }

    private void Store(ChunkDescriptor chunk, StoreBuffer buffer, int tiers)
    {
        try
        {
            for (var i = 0; i < tiers; i++)
            {
                var (tier, health, _, _) = _tiers[i];
                if (!health.IsUsable)
                    continue;
                if (tier.Store(chunk, buffer) == StoreResult.Failed)
                    health.Failed();
            }
        }
        finally
        {
            lock (_buffers)
                _buffers.Push(buffer);
            Interlocked.Decrement(ref _pendingStores);
        }
    }

    private StoreBuffer RentBuffer()
    {
        lock (_buffers)
        {
            if (_buffers.TryPop(out var buffer))
                return buffer;
        }

        return new StoreBuffer(Geometry, _chunkBlocks);
    }

    /// <summary>How long loading some parts is expected to take.</summary>
    public double Seconds(IReadOnlyList<LoadPart> parts)
    {
        var seconds = 0.0;
        foreach (var part in parts)
            seconds += Geometry.Bytes(part.Destinations.Length) / Rate(Slot(part.Tier)).PerSecond;
        return seconds;
    }

    private RateEstimate Rate(TierSlot slot) => IsBusy ? slot.Busy : slot.Idle;

    private TierSlot Slot(IKvTier tier)
    {
        foreach (var slot in _tiers)
        {
            if (slot.Tier == tier)
                return slot;
        }

        throw new ArgumentException($"the {tier.Name} tier is not among these");
    }

    /// <summary>Takes what a load says of the tiers it came from.</summary>
    private void Learn(TierLoad load, bool busy)
    {
        if (load.Error is { } error)
        {
            if (error.Fault == TierFault.Unavailable)
                Slot(load.FailedPart!.Tier).Health.Failed();
            return;
        }

        if (!load.IsWhole)
            return;
        var (begun, ended) = load.Timestamps;
        var seconds = _time.GetElapsedTime(begun, ended).TotalSeconds;
        foreach (var tier in load.Parts.Select(part => part.Tier).Distinct())
        {
            var slot = Slot(tier);
            slot.Health.Succeeded();
            // A load from several tiers tells of all of them together.
            (busy ? slot.Busy : slot.Idle).Add(load.Bytes, seconds);
        }
    }
}

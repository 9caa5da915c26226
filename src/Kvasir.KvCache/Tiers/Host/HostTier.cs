using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Tiers.Books;
using Kvasir.Numerics.Memory;

namespace Kvasir.KvCache.Tiers.Host;

/// <summary>
/// Chunks in the machine's memory, beyond the pool. The arena's addresses are reserved at once and get memory as they are first used;
/// a slot holds a block, so objects of any length leave no gaps.
/// </summary>
/// <remarks>
/// A checksum a record makes memory that went bad a miss. It is no defence against somebody who can write to this process.
/// </remarks>
public sealed unsafe class HostTier : IKvTier
{
    private readonly TierBooks<HostObject> _books;
    private readonly VirtualRegion _arena;
    private readonly long _stride;
    private readonly Lock _slotGate = new();
    private readonly Stack<int> _freeSlots = new();
    private readonly int _slots;
    private int _touchedSlots;
    private long _readBytes;
    private long _writtenBytes;

    /// <summary>Creates a tier.</summary>
    /// <exception cref="ArgumentException">The capacity does not hold a block.</exception>
    public HostTier(ChunkGeometry geometry, TierLimits limits, ICachePolicy policy, TimeProvider? time = null)
    {
        Geometry = geometry;
        _stride = geometry.Layout.BlockBytes;
        var slots = limits.CapacityBytes / _stride;
        if (slots is < 1 or > int.MaxValue / 2)
            throw new ArgumentException($"the host tier's capacity of {limits.CapacityBytes} bytes holds {slots} blocks of {_stride}; allowed are 1 to {int.MaxValue / 2}", nameof(limits));
        _slots = (int)slots;
        _arena = new VirtualRegion((nuint)(_stride * _slots));
        _books = new TierBooks<HostObject>(limits with { CapacityBytes = _slots * _stride }, policy, time ?? TimeProvider.System, Free);
    }

    /// <inheritdoc/>
    public string Name => "host";

    /// <inheritdoc/>
    public ChunkGeometry Geometry { get; }

    /// <inheritdoc/>
    public TierStatus Status => _books.Status(failures: 0, Volatile.Read(ref _readBytes), Volatile.Read(ref _writtenBytes));

    /// <inheritdoc/>
    public bool Contains(BlockKey key) => _books.Contains(key);

    /// <inheritdoc/>
    public TierPin? TryPin(BlockKey key, string owner, TimeSpan lifetime) => _books.TryPin(key, owner, lifetime);

    /// <inheritdoc/>
    public ChunkDescriptor Describe(TierPin pin)
    {
        var entry = _books.Enter(pin);
        _books.Leave(entry);
        return entry.Chunk;
    }

    /// <inheritdoc/>
    public void Read(TierPin pin, int group, int block, byte* destination)
    {
        var entry = _books.Enter(pin);
        try
        {
            var found = entry.Payload ?? throw new TierException(TierFault.Missing, $"the object {pin.Key} is gone");
            var bytes = Geometry.RecordBytes(group);
            if (CheckedCopy.Run(Address(found.Slots[block], group), destination, bytes) != found.Checksums[(group * found.Slots.Length) + block])
            {
                _books.Remove(pin.Key, damaged: true);
                throw new TierException(TierFault.Damaged, $"block {block} of the object {pin.Key} is not what was stored");
            }

            Interlocked.Add(ref _readBytes, bytes);
        }
        finally
        {
            _books.Leave(entry);
        }
    }

    /// <inheritdoc/>
    public StoreResult Store(ChunkDescriptor chunk, IChunkSource source)
    {
        var blocks = chunk.Tokens.Length / Geometry.Layout.BlockRows;
        var bytes = Geometry.Bytes(blocks);
        var result = _books.Begin(chunk, bytes, out var entry);
        if (entry is null)
            return result;
        try
        {
            var payload = new HostObject(TakeSlots(blocks), new ulong[Geometry.Records(blocks)]);
            for (var group = 0; group < Geometry.Groups; group++)
            {
                var size = Geometry.RecordBytes(group);
                for (var block = 0; block < blocks; block++)
                {
                    payload.Checksums[(group * blocks) + block] = CheckedCopy.Run(source.Record(group, block), Address(payload.Slots[block], group), size);
                }
            }

            _books.Commit(entry, payload);
        }
        catch (OutOfMemoryException)
        {
            // The system has less memory than the tier was promised.
            _books.Abandon(entry);
            return StoreResult.NoRoom;
        }

        Interlocked.Add(ref _writtenBytes, bytes);
        return StoreResult.Stored;
    }

    /// <inheritdoc/>
    public bool Remove(BlockKey key) => _books.Remove(key);

    /// <inheritdoc/>
    public IReadOnlyList<TierEntry> List() => _books.List();

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();

    /// <summary>First byte of a record in the arena; for tests that damage it.</summary>
    internal byte* RecordAddress(TierPin pin, int group, int block)
    {
        var entry = _books.Enter(pin);
        _books.Leave(entry);
        return Address(entry.Payload!.Slots[block], group);
    }

    private byte* Address(int slot, int group) => _arena.Pointer + (slot * _stride) + Geometry.GroupOffset(group, blocks: 1);

    /// <summary>The books have made room, so the slots are there.</summary>
    private int[] TakeSlots(int count)
    {
        var slots = new int[count];
        lock (_slotGate)
        {
            for (var i = 0; i < count; i++)
            {
                if (_freeSlots.TryPop(out slots[i]))
                    continue;
                try
                {
                    _arena.Commit((nuint)(_touchedSlots * _stride), (nuint)_stride);
                }
                catch (OutOfMemoryException)
                {
                    for (var taken = 0; taken < i; taken++)
                        _freeSlots.Push(slots[taken]);
                    throw;
                }

                slots[i] = _touchedSlots++;
            }
        }

        return slots;
    }

    private void Free(HostObject payload)
    {
        lock (_slotGate)
        {
            foreach (var slot in payload.Slots)
                _freeSlots.Push(slot);
        }
    }
}

using Kvasir.KvCache.Pool;
using Kvasir.Numerics.Attention;
using Kvasir.Numerics.Memory;

namespace Kvasir.KvCache.Virtual;

/// <summary>
/// Memory of a pool whose sequences are contiguous in virtual addresses (Prabhu et al. 2024, "vAttention"): slots, what lies under them, and
/// which blocks are free. Belongs to a <see cref="BlockPool"/> and is used by its thread.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>A free block may still lie in a slot. It is taken there without a call to the system, or from there by others, highest inactive slot
/// first: reclamation is deferred until somebody needs the memory.</item>
/// <item>Books change when a call is planned. Calls are made together before the addresses are used, or by the worker while the model runs;
/// then only places behind the rows of a sequence and slots that nobody has are touched.</item>
/// <item>Blocks that were mapped ahead stay free: they are what the published system calls overcommitted, and the pool's count of free blocks
/// needs no correction.</item>
/// <item>No more blocks have memory than the pool has.</item>
/// </list>
/// </remarks>
public sealed unsafe class VirtualKvSpace : IDisposable
{
    private readonly VirtualKvOptions _options;
    private readonly SlotGeometry _geometry;
    private readonly ISlotMemory _memory;
    private readonly SlotCalls _calls;
    private readonly SlotBooks _books;
    private readonly SlotChoice _choice;
    private readonly VirtualKvTable?[] _tables;
    private long _prefills;
    private long _prefillsWithoutMapping;

    internal VirtualKvSpace(KvLayout layout, VirtualKvOptions options, int capacity)
    {
        if (!PageMaps.AreSupported)
            throw new PlatformNotSupportedException("contiguous KV is made of Linux' memory mappings, which this system has not; use paged KV");
        _options = options;
        _geometry = new SlotGeometry(layout, options, capacity);
        MaxMappings = options.MaxMappings ?? PageMaps.MaxMappings / 2;
        var least = 2L * _geometry.Slots * _geometry.Tensors;
        if (least > MaxMappings)
        {
            throw new ArgumentException(
                $"contiguous KV for {_geometry.Slots} sequences needs at least {least} mappings, and {MaxMappings} may be used: allow fewer sequences at once, keep the layers of a block together, or raise vm.max_map_count",
                nameof(options));
        }

        _memory = options.Shared ? new AliasedSlotMemory(_geometry, options.Populate) : new PrivateSlotMemory(_geometry, options.Populate);
        _tables = new VirtualKvTable?[_geometry.Slots];
        _calls = new SlotCalls(_memory, options.Time);
        _books = new SlotBooks(_geometry, _calls, options.Shared);
        _choice = new SlotChoice(_geometry, _books.Places, _books.Free, _tables, options.Shared);
    }

    /// <summary>How it stands.</summary>
    public VirtualKvStatus Status
    {
        get
        {
            var active = 0;
            foreach (var table in _tables)
                active += table is null ? 0 : 1;
            return new VirtualKvStatus(
                _geometry.Slots,
                active,
                _books.BlocksWithMemory,
                _geometry.Capacity - FreeBlocks,
                Mappings,
                _calls.CriticalCalls,
                _calls.CriticalTime,
                _calls.BackgroundCalls,
                _prefills,
                _prefillsWithoutMapping);
        }
    }

    internal SlotGeometry Geometry => _geometry;

    /// <summary>Whether a block can belong to several tables.</summary>
    internal bool Shares => _memory.Shares;

    internal int FreeBlocks => _books.Free.Count;

    internal long CommittedBytes => _books.BlocksWithMemory * _geometry.Tensors * _geometry.UnitBytes;

    /// <summary>Most mappings of the process that slots may take.</summary>
    internal int MaxMappings { get; }

    private int Mappings => _books.Places.Runs * _geometry.Tensors;

    /// <summary>
    /// The worker's turn: plans what the sequences need for their next rows and a little beyond, and lets it be mapped while the model runs.
    /// </summary>
    public void MapAhead()
    {
        Settle();
        var planned = 0;
        if (_options.Background)
        {
            for (var slot = 0; slot < _tables.Length; slot++)
            {
                if (_tables[slot] is not { } table)
                    continue;
                var rows = Math.Max(table.Length + 1, Math.Min(table.ExpectedRows, table.Length + _options.AheadRows));
                for (var index = table.BlockCount; index < table.BlocksFor(rows); index++)
                    planned += PlanAhead(slot, index);
            }

            planned += PlanEagerly();
        }

        if (planned == 0 && !_options.DeferredReclamation)
            ReclaimOne();
        _calls.StartWorker();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _calls.Dispose();
        _memory.Dispose();
    }

    internal bool IsFree(int block) => _books.Free.Contains(block);

    /// <summary>First byte of a slot.</summary>
    internal byte* SlotAddress(int slot) => _memory.Slots + (slot * _geometry.SlotBytes);

    /// <summary>First byte of one layer of a block, wherever it lies; at home when it is shared.</summary>
    internal byte* Slice(int block, int layer)
    {
        if (_books.PlaceOf(block) < 0)
            return _memory.Home + (block * _geometry.UnitBytes) + (layer * _geometry.HomeLayerStride);
        var (slot, index) = _books.Places.Of(_books.PlaceOf(block));
        return SlotAddress(slot) + (index * _geometry.UnitBytes) + (layer * _geometry.SlotLayerStride);
    }

    /// <summary>
    /// Gives a table the slot that serves it with the fewest calls, and of those the one with the least memory (best fit); -1 when all are taken.
    /// </summary>
    internal int TakeSlot(VirtualKvTable table, int rows, ReadOnlySpan<BlockId> prefix)
    {
        Settle();
        var slot = _choice.BestFit(table.BlocksFor(rows), prefix);
        if (slot >= 0)
            _tables[slot] = table;
        return slot;
    }

    /// <summary>A table gives its slot back; what lies in it stays for the next.</summary>
    internal void ReturnSlot(int slot)
    {
        Settle();
        _prefills++;
        _prefillsWithoutMapping += _tables[slot]!.PromptNeededMapping ? 0 : 1;
        _tables[slot] = null;
    }

    /// <summary>Whether so many more places may differ from their neighbours; drops the mappings of inactive slots for it.</summary>
    internal bool HasMappings(int places)
    {
        Settle();
        for (var slot = _geometry.Slots - 1; slot >= 0 && !Fits(places); slot--)
        {
            if (_choice.IsAvailable(slot))
                _books.Drop(slot, 0);
        }

        return Fits(places);
    }

    /// <summary>Takes a free block that lies at a place, or puts one there. <see cref="Flush"/> before the address is used.</summary>
    internal int Take(int slot, int index)
    {
        Settle();
        var block = _books.Places.Block(slot, index);
        var isFree = block >= 0 && IsFree(block);
        if (block >= 0 && !isFree && !Shares)
            throw new InvalidOperationException($"block {block} of slot {slot} is still in use; private contiguous KV cannot be written again while it is read");
        if (!isFree)
            block = _choice.Pick(slot, index, fromActive: true);
        if (!isFree || !_books.Places.IsWritable(slot, index))
        {
            _books.Move(block, slot, index);
            _tables[slot]!.CountMapping(index);
        }

        _books.Take(block);
        return block;
    }

    /// <summary>Takes a free block to be used at home.</summary>
    internal int TakeHome()
    {
        Settle();
        var block = _choice.PickAny();
        _books.MoveHome(block);
        Flush();
        _books.Take(block);
        return block;
    }

    /// <summary>Puts blocks of others at the beginning of a slot, to be read.</summary>
    internal void Attach(int slot, ReadOnlySpan<BlockId> blocks)
    {
        Settle();
        for (var index = 0; index < blocks.Length; index++)
        {
            var block = blocks[index].Value;
            if (_books.Places.Block(slot, index) == block && !(_options.GuardShared && _books.Places.IsWritable(slot, index)))
                continue;
            _books.Alias(block, slot, index);
            _tables[slot]!.CountMapping(index);
        }

        Flush();
    }

    /// <summary>A block is free again.</summary>
    internal void Return(int block) => _books.Return(block);

    /// <summary>Makes the pending calls.</summary>
    /// <exception cref="OutOfMemoryException">The system refused one; the books are as if it had not been planned.</exception>
    internal void Flush()
    {
        _books.Undo(_calls.Flush());
        _calls.ThrowFailure();
    }

    /// <summary>Gives the memory of free blocks back to the system.</summary>
    internal void Trim()
    {
        Settle();
        _books.Trim();
        Flush();
    }

    internal void CheckIntegrity() => _books.CheckIntegrity(_tables);

    /// <summary>Waits for the worker. What the system refused it is taken back: the next step maps it itself, or finds that it cannot.</summary>
    private void Settle() => _books.Undo(_calls.WaitForWorker());

    private bool Fits(int places) => ((long)_books.Places.Runs + (2 * places)) * _geometry.Tensors <= MaxMappings;

    private int PlanEagerly()
    {
        var planned = 0;
        for (var step = 2; step < MapAheadLimits.Steps && planned < MapAheadLimits.Blocks; step++)
        {
            for (var slot = 0; slot < _tables.Length; slot++)
            {
                if (_tables[slot] is { } table && table.BlocksFor(table.Length + step) > table.BlockCount)
                    planned += PlanAhead(slot, table.BlocksFor(table.Length + step) - 1);
            }
        }

        return planned;
    }

    /// <summary>Plans a block for a place where none is ready; gives up silently when none can be had (some sequence may end).</summary>
    private int PlanAhead(int slot, int index)
    {
        if (index >= _geometry.SlotBlocks || !Fits(1))
            return 0;
        var block = _books.Places.Block(slot, index);
        var isFree = block >= 0 && IsFree(block);
        if ((isFree && _books.Places.IsWritable(slot, index)) || (!isFree && block >= 0 && !Shares))
            return 0;
        if (!isFree)
            block = _choice.Pick(slot, index, fromActive: false);
        if (block < 0)
            return 0;
        _books.Move(block, slot, index);
        return 1;
    }

    /// <summary>Without deferred reclamation: takes one block from the highest slot that nobody has, sparing the lowest.</summary>
    private void ReclaimOne()
    {
        var lowest = Array.IndexOf(_tables, null);
        for (var slot = _geometry.Slots - 1; slot > lowest && lowest >= 0; slot--)
        {
            if (_books.Places.Top(slot) == 0 || !_choice.IsAvailable(slot))
                continue;
            _books.Drop(slot, _books.Places.Top(slot) - 1);
            return;
        }
    }
}

namespace Kvasir.KvCache.Virtual;

/// <summary>
/// Which blocks are free, which have memory, and where they lie. Every change of the books plans the call that makes it true.
/// </summary>
internal sealed class SlotBooks
{
    private const int Nowhere = -1;
    private const int AtHome = -2;

    private readonly SlotGeometry _geometry;
    private readonly SlotCalls _calls;
    private readonly bool _shares;
    private readonly int[] _placeOf;
    private readonly bool[] _hasMemory;

    public SlotBooks(SlotGeometry geometry, SlotCalls calls, bool shares)
    {
        _geometry = geometry;
        _calls = calls;
        _shares = shares;
        Places = new SlotPlaces(geometry, shares);
        Free = new FreeBlockList(geometry.Capacity);
        _placeOf = new int[geometry.Capacity];
        _hasMemory = new bool[geometry.Capacity];
        Array.Fill(_placeOf, Nowhere);
        for (var block = 0; block < geometry.Capacity; block++)
            Free.AddLast(block);
    }

    public SlotPlaces Places { get; }

    /// <summary>Free blocks; those that lie in no slot come first.</summary>
    public FreeBlockList Free { get; }

    /// <summary>Blocks that have memory.</summary>
    public int BlocksWithMemory { get; private set; }

    /// <summary>Number of the place where a private block lies; negative when it lies in no slot.</summary>
    public int PlaceOf(int block) => _placeOf[block];

    /// <summary>A block is no longer free. One whose memory was given back where it lies gets it again when it is touched.</summary>
    public void Take(int block)
    {
        SetMemory(block, true);
        Free.Remove(block);
    }

    /// <summary>A block is free again.</summary>
    public void Return(int block)
    {
        if (Places.Count(block) > 0)
            Free.AddLast(block);
        else
            Free.AddFirst(block);
    }

    /// <summary>Puts a free block at a place, to be written.</summary>
    public void Move(int block, int slot, int index)
    {
        if (!_shares)
        {
            if (_placeOf[block] != Places.At(slot, index))
                Unplace(block);
            _placeOf[block] = Places.At(slot, index);
        }

        _calls.Plan(new MapOperation(MapKind.Map, slot, index, block, 1, true), _shares);
        SetPlace(slot, index, block, writable: true);
        SetMemory(block, true);
    }

    /// <summary>Puts a block of others at a place, to be read.</summary>
    public void Alias(int block, int slot, int index)
    {
        _calls.Plan(new MapOperation(MapKind.Map, slot, index, block, 1, false), _shares);
        SetPlace(slot, index, block, writable: false);
    }

    /// <summary>Gives a free block memory at home.</summary>
    public void MoveHome(int block)
    {
        if (!_shares && _placeOf[block] != AtHome)
        {
            Unplace(block);
            _calls.Plan(new MapOperation(MapKind.MapHome, 0, 0, block, 1, true), _shares);
            _placeOf[block] = AtHome;
        }

        SetMemory(block, true);
    }

    /// <summary>Empties a slot from a place on. Private blocks lose their memory with their place.</summary>
    public void Drop(int slot, int first)
    {
        var count = Places.Top(slot) - first;
        if (count <= 0)
            return;
        _calls.Plan(new MapOperation(MapKind.Unmap, slot, first, 0, count, true), _shares);
        for (var index = first + count - 1; index >= first; index--)
        {
            var block = Places.Block(slot, index);
            SetPlace(slot, index, Nowhere, writable: false);
            if (!_shares && block >= 0)
                Forget(block);
        }
    }

    /// <summary>Takes the memory of all free blocks.</summary>
    public void Trim()
    {
        for (var block = 0; block < _geometry.Capacity; block++)
        {
            if (!Free.Contains(block) || !_hasMemory[block])
                continue;
            if (_shares)
                _calls.Plan(new MapOperation(MapKind.UnmapHome, 0, 0, block, 1, true), _shares);
            else
                Unplace(block);
            SetMemory(block, false);
        }
    }

    /// <summary>Takes back what the books say about calls that were not made.</summary>
    public void Undo(ReadOnlySpan<MapOperation> operations)
    {
        foreach (ref readonly var operation in operations)
        {
            for (var i = 0; operation.Kind == MapKind.Map && i < operation.Count; i++)
            {
                var block = Places.Block(operation.Slot, operation.Index + i);
                if (block < 0)
                    continue;
                SetPlace(operation.Slot, operation.Index + i, Nowhere, writable: false);
                if (!_shares)
                    Forget(block);
            }
        }
    }

    /// <summary>Throws when the books do not agree with each other, or with the tables.</summary>
    /// <exception cref="InvalidOperationException">Says what is wrong.</exception>
    public void CheckIntegrity(ReadOnlySpan<VirtualKvTable?> tables)
    {
        Places.CheckIntegrity();
        var memory = 0;
        for (var block = 0; block < _geometry.Capacity; block++)
        {
            memory += _hasMemory[block] ? 1 : 0;
            Require(Free.Contains(block) || _hasMemory[block], $"block {block} is in use without memory");
            if (_shares)
                continue;
            Require(_hasMemory[block] == (_placeOf[block] != Nowhere), $"block {block} has {(_hasMemory[block] ? "" : "no ")}memory and place {_placeOf[block]}");
            Require(Places.Count(block) == (_placeOf[block] >= 0 ? 1 : 0), $"private block {block} lies at {Places.Count(block)} places");
            if (_placeOf[block] < 0)
                continue;
            var (slot, index) = Places.Of(_placeOf[block]);
            Require(Places.Block(slot, index) == block, $"private block {block} is not where it lies");
        }

        Require(memory == BlocksWithMemory, $"{memory} blocks have memory, {BlocksWithMemory} are counted");
        for (var slot = 0; slot < tables.Length; slot++)
        {
            for (var index = 0; tables[slot] is { } table && index < table.BlockCount; index++)
                Require(Places.Block(slot, index) == table.Blocks[index].Value, $"block {index} of slot {slot} is not the table's");
        }

        static void Require(bool holds, string what)
        {
            if (!holds)
                throw new InvalidOperationException($"contiguous KV: {what}");
        }
    }

    /// <summary>A private block lies nowhere from now on.</summary>
    private void Unplace(int block)
    {
        if (_placeOf[block] == AtHome)
        {
            _calls.Plan(new MapOperation(MapKind.UnmapHome, 0, 0, block, 1, true), _shares);
        }
        else if (_placeOf[block] >= 0)
        {
            var (slot, index) = Places.Of(_placeOf[block]);
            _calls.Plan(new MapOperation(MapKind.Unmap, slot, index, block, 1, true), _shares);
            SetPlace(slot, index, Nowhere, writable: false);
        }

        _placeOf[block] = Nowhere;
    }

    private void Forget(int block)
    {
        _placeOf[block] = Nowhere;
        SetMemory(block, false);
    }

    private void SetPlace(int slot, int index, int block, bool writable)
    {
        var old = Places.Block(slot, index);
        Places.Set(slot, index, block, writable);
        Requeue(old);
        Requeue(block);
    }

    private void Requeue(int block)
    {
        if (block < 0 || !Free.Contains(block))
            return;
        Free.Remove(block);
        Return(block);
    }

    private void SetMemory(int block, bool has)
    {
        if (_hasMemory[block] == has)
            return;
        _hasMemory[block] = has;
        BlocksWithMemory += has ? 1 : -1;
    }
}

using System.Runtime.InteropServices;
using Kvasir.KvCache.Pool;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tables;

/// <summary>One layer's private rows that stand in for shared ones, by position. Grows in any order; a position has one row.</summary>
internal sealed unsafe class OverlayRows(BlockPool pool, SliceAllocator allocator) : IDisposable
{
    private readonly List<SliceId> _slices = [];
    private KvOverlay* _overlay;
    private int _capacity;
    private int _sliceCapacity;

    /// <summary>Rows.</summary>
    public int Count { get; private set; }

    /// <summary>Slices that <paramref name="added"/> more rows need.</summary>
    public int SlicesToAdd(int added) => Math.Max(0, ((Count + added + pool.Layout.BlockRows - 1) / pool.Layout.BlockRows) - _slices.Count);

    /// <summary>Where the row at a position lies; takes a place for it when it has none.</summary>
    public KvWriteRow Target(int position, BlockReservation reservation)
    {
        var index = Find(position);
        return At(index >= 0 ? _overlay->Slots[index] : Insert(~index, position, reservation));
    }

    /// <summary>Where the row at a position lies, when there is one.</summary>
    public bool TryTarget(int position, out KvWriteRow target)
    {
        var index = Find(position);
        target = index >= 0 ? At(_overlay->Slots[index]) : default;
        return index >= 0;
    }

    /// <summary>The rows as attention sees them; null when there are none. Valid until a row is added.</summary>
    public KvOverlay* View => Count == 0 ? null : _overlay;

    public void Dispose()
    {
        if (_overlay is not null)
        {
            NativeMemory.Free(_overlay->Rows);
            NativeMemory.Free(_overlay->Slots);
            NativeMemory.Free(_overlay->Slices);
            NativeMemory.Free(_overlay);
            _overlay = null;
        }

        Count = 0;
        _capacity = 0;
        _sliceCapacity = 0;
        _slices.Clear();
    }

    private int Find(int position) => Count == 0 ? ~0 : new ReadOnlySpan<int>(_overlay->Rows, Count).BinarySearch(position);

    private KvWriteRow At(int slot)
    {
        var rows = pool.Layout.BlockRows;
        return new KvWriteRow { Slice = _overlay->Slices[slot / rows], Slot = slot % rows };
    }

    private int Insert(int index, int position, BlockReservation reservation)
    {
        if (SlicesToAdd(1) > 0)
            AddSlice(reservation);
        Reserve(Count + 1);
        var slot = Count;
        for (var i = Count; i > index; i--)
        {
            _overlay->Rows[i] = _overlay->Rows[i - 1];
            _overlay->Slots[i] = _overlay->Slots[i - 1];
        }

        _overlay->Rows[index] = position;
        _overlay->Slots[index] = slot;
        _overlay->Count = ++Count;
        return slot;
    }

    private void AddSlice(BlockReservation reservation)
    {
        var slice = allocator.Take(reservation);
        Create();
        if (_slices.Count == _sliceCapacity)
        {
            _sliceCapacity = Math.Max(4, 2 * _sliceCapacity);
            _overlay->Slices = (byte**)NativeMemory.Realloc(_overlay->Slices, (nuint)_sliceCapacity * (nuint)sizeof(byte*));
        }

        _overlay->Slices[_slices.Count] = pool.Slice(slice.Block, slice.Slice);
        _slices.Add(slice);
    }

    private void Reserve(int rows)
    {
        Create();
        if (rows <= _capacity)
            return;
        _capacity = Math.Max(rows, Math.Max(16, 2 * _capacity));
        _overlay->Rows = (int*)NativeMemory.Realloc(_overlay->Rows, (nuint)_capacity * sizeof(int));
        _overlay->Slots = (int*)NativeMemory.Realloc(_overlay->Slots, (nuint)_capacity * sizeof(int));
    }

    private void Create()
    {
        if (_overlay is null)
            _overlay = (KvOverlay*)NativeMemory.AllocZeroed((nuint)sizeof(KvOverlay));
    }
}

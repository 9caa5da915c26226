using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Tables;

/// <summary>The rows of one lane: where they lie, at which positions they were computed, and what is added to their scores.</summary>
internal sealed unsafe class LaneRows : IDisposable
{
    private int _capacity;
    private int _biasCapacity;
    private int _lastPosition = -1;

    /// <summary>The pieces that the rows lie in, a block's rows each.</summary>
    public List<SliceId> Slices { get; } = [];

    public int Count { get; private set; }

    /// <summary>The pieces that packed rows lie in: the first rows of the lane, before those in <see cref="Slices"/>.</summary>
    public List<SliceId> Packed { get; } = [];

    /// <summary>Rows that are packed.</summary>
    public int PackedRows { get; private set; }

    /// <summary>Slot of the first row that is not packed: those before it in the first piece were packed.</summary>
    public int FirstSlot { get; private set; }

    /// <summary>Slots up to the end of the rows that are not packed, counted from the first of <see cref="Slices"/>.</summary>
    public int Slots => SlotOf(Count);

    /// <summary>Positions <c>[Count]</c>, in no order once rows were moved.</summary>
    public int* PositionPointer { get; private set; }

    /// <summary>Logit biases <c>[Count]</c>, or null while all are 0.</summary>
    public float* BiasPointer { get; private set; }

    public ReadOnlySpan<int> Positions => new(PositionPointer, Count);

    /// <summary>Slot of a row that is not packed, counted over <see cref="Slices"/>.</summary>
    public int SlotOf(int row) => row - PackedRows + FirstSlot;

    /// <summary>The first rows that were not are packed now.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="blockRows">Rows of a piece.</param>
    /// <returns>Pieces at the begin of <see cref="Slices"/> that have no rows any more.</returns>
    public int Pack(int rows, int blockRows)
    {
        PackedRows += rows;
        if (PackedRows == Count)
        {
            FirstSlot = 0;
            return Slices.Count;
        }

        var free = (FirstSlot + rows) / blockRows;
        FirstSlot = (FirstSlot + rows) % blockRows;
        return free;
    }

    public void Reserve(int rows)
    {
        if (rows <= _capacity)
            return;
        _capacity = Math.Max(rows, 2 * _capacity);
        PositionPointer = (int*)NativeMemory.Realloc(PositionPointer, (nuint)_capacity * sizeof(int));
        if (BiasPointer != null)
            ReserveBias();
    }

    public void Append(int position)
    {
        if (position <= _lastPosition)
            throw new InvalidOperationException($"position {position} is appended after {_lastPosition}; positions must ascend");
        if (Count == _capacity)
            throw new InvalidOperationException("the layer has no room for another row; extend the table first");
        if (BiasPointer != null)
            BiasPointer[Count] = 0;
        PositionPointer[Count++] = position;
        _lastPosition = position;
    }

    public void SetBias(int row, float bias)
    {
        if (BiasPointer == null)
        {
            if (bias == 0)
                return;
            ReserveBias();
        }

        BiasPointer[row] = bias;
    }

    /// <summary>Row <paramref name="to"/> takes over what is known of row <paramref name="from"/>.</summary>
    public void Move(int from, int to)
    {
        PositionPointer[to] = PositionPointer[from];
        if (BiasPointer != null)
            BiasPointer[to] = BiasPointer[from];
    }

    public void Cut(int count) => Count = count;

    public void Dispose()
    {
        NativeMemory.Free(PositionPointer);
        NativeMemory.Free(BiasPointer);
        PositionPointer = null;
        BiasPointer = null;
        _capacity = 0;
        _biasCapacity = 0;
        Count = 0;
        PackedRows = 0;
        FirstSlot = 0;
        Packed.Clear();
        Slices.Clear();
    }

    private void ReserveBias()
    {
        if (_biasCapacity >= _capacity)
            return;
        BiasPointer = (float*)NativeMemory.Realloc(BiasPointer, (nuint)_capacity * sizeof(float));
        new Span<float>(BiasPointer + _biasCapacity, _capacity - _biasCapacity).Clear();
        _biasCapacity = _capacity;
    }
}

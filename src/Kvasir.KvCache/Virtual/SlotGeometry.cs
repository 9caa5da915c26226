using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Virtual;

/// <summary>
/// Sizes of contiguous KV. A block (a page-group of every tensor) lies in the slots at <c>[slots][tensors][slotBlocks]</c> and at its home at
/// <c>[tensors][capacity]</c>, units of <see cref="UnitBytes"/>; there is one tensor with slicing, otherwise one a layer.
/// </summary>
internal sealed record SlotGeometry
{
    private readonly bool _sliced;
    private readonly long _sliceBytes;

    public SlotGeometry(KvLayout layout, VirtualKvOptions options, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Slots);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxRows);
        _sliced = options.Sliced;
        _sliceBytes = layout.SliceBytes;
        Tensors = Tensor(layout, options).Count;
        UnitBytes = Tensor(layout, options).Bytes;
        Capacity = capacity;
        Slots = options.Slots;
        SlotBlocks = Math.Min(capacity, (options.MaxRows + layout.BlockRows - 1) / layout.BlockRows);
    }

    /// <summary>Ranges of a slot that grow together.</summary>
    public int Tensors { get; }

    /// <summary>Bytes of a block in one tensor, whole pages.</summary>
    public long UnitBytes { get; }

    public int Capacity { get; }

    public int Slots { get; }

    /// <summary>Blocks that a slot has addresses for.</summary>
    public int SlotBlocks { get; }

    /// <summary>Bytes of one tensor of one slot.</summary>
    public long TensorBytes => SlotBlocks * UnitBytes;

    public long SlotBytes => Tensors * TensorBytes;

    public long AllSlotBytes => Slots * SlotBytes;

    /// <summary>Bytes of all blocks at home.</summary>
    public long HomeBytes => Tensors * HomeTensorBytes;

    public long HomeTensorBytes => Capacity * UnitBytes;

    /// <summary>From a layer to the next in a slot.</summary>
    public long SlotLayerStride => _sliced ? _sliceBytes : TensorBytes;

    /// <summary>From a layer to the next at home.</summary>
    public long HomeLayerStride => _sliced ? _sliceBytes : HomeTensorBytes;

    /// <summary>Bytes that a block takes.</summary>
    public static long BlockBytes(KvLayout layout, VirtualKvOptions options)
    {
        var (count, bytes) = Tensor(layout, options);
        return count * bytes;
    }

    private static (int Count, long Bytes) Tensor(KvLayout layout, VirtualKvOptions options)
    {
        var page = Environment.SystemPageSize;
        var bytes = options.Sliced ? layout.BlockBytes : layout.SliceBytes;
        return (options.Sliced ? 1 : layout.Layers, (bytes + page - 1) / page * page);
    }
}

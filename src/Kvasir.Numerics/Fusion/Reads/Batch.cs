using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>
/// Horizontal fusion: one chain with as many sets of parameters as there are planes. Their number is no part of the type, so batches
/// of every size share one kernel.
/// </summary>
public unsafe struct Batch<TRead> : IRead
    where TRead : unmanaged, IRead
{
    private readonly Chain<TRead>* _items;
    private readonly int _count;
    private TRead _item;

    internal Batch(Chain<TRead>* items, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        for (var i = 0; i < count; i++)
        {
            var extent = items[i].Extent;
            if (extent != items[0].Extent)
                throw new ArgumentException($"item {i} of the batch has {extent}, the first {items[0].Extent}; all items have the same");
            if (extent.Planes > 1)
                throw new ArgumentException($"item {i} of the batch has {extent.Planes} planes; an item has one");
        }

        _items = items;
        _count = count;
    }

    public readonly Extent Extent => _items->Extent with { Planes = _count };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IRead.Enter(int y, int z)
    {
        _item = _items[z].Head;
        _item.Enter(y, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T IRead.Read<T>(long x) => _item.Read<T>(x);
}

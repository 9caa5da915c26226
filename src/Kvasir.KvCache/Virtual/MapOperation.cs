namespace Kvasir.KvCache.Virtual;

/// <summary>A call to the system, planned by the pool's thread and made by it or the worker.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Slot">The slot; unused for home ranges.</param>
/// <param name="Index">First place in the slot; unused for home ranges.</param>
/// <param name="Block">First block, where blocks matter.</param>
/// <param name="Count">Adjacent places, or blocks.</param>
/// <param name="Writable">Whether the places may be written.</param>
internal readonly record struct MapOperation(MapKind Kind, int Slot, int Index, int Block, int Count, bool Writable)
{
    /// <summary>Joins an operation that goes on where this one ends; false, and nothing changes, when it does not.</summary>
    /// <param name="next">The operation that would follow.</param>
    /// <param name="blocksMatter">Whether blocks must follow each other, too.</param>
    /// <param name="joined">Both in one.</param>
    public bool TryJoin(in MapOperation next, bool blocksMatter, out MapOperation joined)
    {
        joined = this with { Count = Count + next.Count };
        return Kind == MapKind.Map && next.Kind == MapKind.Map && next.Slot == Slot && next.Writable == Writable
            && next.Index == Index + Count && (!blocksMatter || next.Block == Block + Count);
    }
}

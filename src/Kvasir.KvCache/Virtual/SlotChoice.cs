using Kvasir.KvCache.Pool;

namespace Kvasir.KvCache.Virtual;

/// <summary>Chooses slots for sequences and free blocks for places.</summary>
internal sealed class SlotChoice(SlotGeometry geometry, SlotPlaces places, FreeBlockList free, VirtualKvTable?[] tables, bool shares)
{
    /// <summary>True when nobody has a slot, nor a block of its own in it that still waits for a reader.</summary>
    public bool IsAvailable(int slot)
    {
        if (tables[slot] is not null)
            return false;
        for (var index = 0; !shares && index < places.Top(slot); index++)
        {
            if (places.Block(slot, index) is >= 0 and var block && !free.Contains(block))
                return false;
        }

        return true;
    }

    /// <summary>
    /// The slot in which the fewest of the first <paramref name="needed"/> places must be mapped; of those the one with the fewest places
    /// mapped, the lowest at last. -1 when none is available.
    /// </summary>
    public int BestFit(int needed, ReadOnlySpan<BlockId> prefix)
    {
        var (best, bestMissing, bestTop) = (-1, int.MaxValue, int.MaxValue);
        for (var slot = 0; slot < geometry.Slots; slot++)
        {
            if (!IsAvailable(slot))
                continue;
            var missing = 0;
            for (var index = 0; index < Math.Min(needed, geometry.SlotBlocks) && missing <= bestMissing; index++)
                missing += Serves(slot, index, prefix) ? 0 : 1;
            if ((missing, places.Top(slot)).CompareTo((bestMissing, bestTop)) < 0)
                (best, bestMissing, bestTop) = (slot, missing, places.Top(slot));
        }

        return best;
    }

    /// <summary>
    /// A free block for a place: one that follows its neighbour's, so that both become one mapping; one that lies nowhere; one from the end of
    /// the highest inactive slot; one that was mapped ahead for somebody else.
    /// </summary>
    /// <param name="slot">The slot.</param>
    /// <param name="index">The place.</param>
    /// <param name="fromActive">Whether to take the last kind; otherwise -1 is returned.</param>
    public int Pick(int slot, int index, bool fromActive)
    {
        if (shares)
        {
            // Slots start at places of their own in the shared pages, so that each finds room to go on.
            var neighbour = index > 0 ? places.Block(slot, index - 1) : (int)((long)slot * geometry.Capacity / geometry.Slots) - 1;
            var next = neighbour + 1;
            if ((index == 0 || neighbour >= 0) && next < geometry.Capacity && LiesNowhere(next))
                return next;
        }

        var first = free.First;
        if (first >= 0 && LiesNowhere(first))
            return first;
        if (FromSlots(active: false, slot) is >= 0 and var idle)
            return idle;
        return fromActive && FromSlots(active: true, slot) is >= 0 and var ahead ? ahead : fromActive ? free.First : -1;
    }

    /// <summary>A free block that is to lie at home.</summary>
    public int PickAny()
    {
        var first = free.First;
        if (first >= 0 && LiesNowhere(first))
            return first;
        return FromSlots(active: false, -1) is >= 0 and var idle ? idle : first;
    }

    private bool LiesNowhere(int block) => free.Contains(block) && places.Count(block) == 0;

    private bool Serves(int slot, int index, ReadOnlySpan<BlockId> prefix)
    {
        var block = places.Block(slot, index);
        if (index < prefix.Length)
            return block == prefix[index].Value;
        return block >= 0 && free.Contains(block) && places.IsWritable(slot, index);
    }

    /// <summary>The last free block of the highest slot that has one behind the rows of its sequence.</summary>
    private int FromSlots(bool active, int except)
    {
        for (var slot = geometry.Slots - 1; slot >= 0; slot--)
        {
            if (slot == except || tables[slot] is not null != active)
                continue;
            for (var index = places.Top(slot) - 1; index >= (tables[slot]?.BlockCount ?? 0); index--)
            {
                if (places.Block(slot, index) is >= 0 and var block && free.Contains(block))
                    return block;
            }
        }

        return -1;
    }
}

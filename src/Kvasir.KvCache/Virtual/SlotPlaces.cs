namespace Kvasir.KvCache.Virtual;

/// <summary>Which block lies at which place of which slot. Places change one by one; the number of mappings that they need is counted along.</summary>
/// <param name="geometry">Sizes.</param>
/// <param name="blocksMatter">Whether neighbours are one mapping only when their blocks follow each other.</param>
internal sealed class SlotPlaces(SlotGeometry geometry, bool blocksMatter)
{
    private const int Nothing = 0;

    // A place holds 0 for nothing, otherwise the block plus one, negative where it is read-only: fresh arrays are empty slots.
    private readonly int[] _places = new int[(long)geometry.Slots * geometry.SlotBlocks];
    private readonly int[] _tops = new int[geometry.Slots];
    private readonly int[] _counts = new int[geometry.Capacity];

    /// <summary>Ranges of one tensor of all slots that differ from their neighbours, empty ones included.</summary>
    public int Runs { get; private set; } = geometry.Slots;

    /// <summary>The block at a place, or -1.</summary>
    public int Block(int slot, int index) => Math.Abs(_places[At(slot, index)]) - 1;

    /// <summary>Whether a place with a block may be written.</summary>
    public bool IsWritable(int slot, int index) => _places[At(slot, index)] > Nothing;

    /// <summary>One more than the last place with a block.</summary>
    public int Top(int slot) => _tops[slot];

    /// <summary>Places that a block lies at.</summary>
    public int Count(int block) => _counts[block];

    /// <summary>Number of a place among all.</summary>
    public int At(int slot, int index) => (slot * geometry.SlotBlocks) + index;

    /// <summary>Slot and index of a place.</summary>
    public (int Slot, int Index) Of(int place) => (place / geometry.SlotBlocks, place % geometry.SlotBlocks);

    /// <summary>Puts a block at a place, or nothing (-1).</summary>
    public void Set(int slot, int index, int block, bool writable)
    {
        var place = At(slot, index);
        var old = Math.Abs(_places[place]) - 1;
        Runs -= Borders(slot, index);
        _places[place] = block < 0 ? Nothing : writable ? block + 1 : -block - 1;
        Runs += Borders(slot, index);
        if (old >= 0)
            _counts[old]--;
        if (block >= 0)
            _counts[block]++;
        if (block >= 0)
            _tops[slot] = Math.Max(_tops[slot], index + 1);
        while (_tops[slot] > 0 && _places[At(slot, _tops[slot] - 1)] == Nothing)
            _tops[slot]--;
    }

    /// <summary>Throws when counts do not agree with the places.</summary>
    public void CheckIntegrity()
    {
        var counts = new int[_counts.Length];
        var runs = 0;
        for (var slot = 0; slot < geometry.Slots; slot++)
        {
            for (var index = 0; index < geometry.SlotBlocks; index++)
            {
                runs += IsBorder(slot, index) ? 1 : 0;
                if (Block(slot, index) < 0)
                    continue;
                counts[Block(slot, index)]++;
                Require(index < _tops[slot], $"slot {slot} has a block at {index}, its top is {_tops[slot]}");
            }

            Require(_tops[slot] == 0 || Block(slot, _tops[slot] - 1) >= 0, $"slot {slot} has no block below its top {_tops[slot]}");
        }

        Require(counts.AsSpan().SequenceEqual(_counts), "the places of a block are miscounted");
        Require(runs == Runs, $"{runs} runs, {Runs} are counted");

        static void Require(bool holds, string what)
        {
            if (!holds)
                throw new InvalidOperationException($"contiguous KV: {what}");
        }
    }

    private int Borders(int slot, int index) =>
        (IsBorder(slot, index) ? 1 : 0) + (index + 1 < geometry.SlotBlocks && IsBorder(slot, index + 1) ? 1 : 0);

    private bool IsBorder(int slot, int index)
    {
        if (index == 0)
            return true;
        int before = _places[At(slot, index - 1)], here = _places[At(slot, index)];
        if (before == Nothing || here == Nothing)
            return before != here;
        var samePages = (before > 0) == (here > 0);
        return !samePages || (blocksMatter && Math.Abs(here) != Math.Abs(before) + 1);
    }
}

namespace Kvasir.Numerics.Attention;

/// <summary>
/// Neighbouring rows of one stored group of keys on their way to one group of a tile. Seen from <see cref="Elements"/> they lie in the lanes
/// that they go to; the other lanes hold whatever lies there.
/// </summary>
/// <param name="keys">Keys of the block, for one head.</param>
/// <param name="slot">Slot of the first row.</param>
/// <param name="count">Rows.</param>
/// <param name="lane">Lane that the first row goes to.</param>
internal readonly unsafe struct KeyFragment(byte* keys, int slot, int count, int lane)
{
    private readonly byte* _keys = keys;
    private readonly int _group = slot / KvLayout.RowGroup;
    private readonly int _shift = (slot % KvLayout.RowGroup) - lane;

    /// <summary>First lane of the rows.</summary>
    public int First { get; } = lane;

    /// <summary>End (exclusive) of the lanes of the rows.</summary>
    public int End { get; } = lane + count;

    /// <summary>
    /// Whether other lanes of the first dimension may lie outside the pool. Everywhere else there are keys before and keys, scales or values
    /// behind, so that whole groups can be read at any distance below a group.
    /// </summary>
    public bool IsAtTheEdge => _group == 0 && _shift < 0;

    /// <summary>Where elements <c>[elements][16]</c> begin as the tile's group counts lanes.</summary>
    public byte* Elements(KvLayout layout) => _keys + (((_group * layout.Elements * KvLayout.RowGroup) + _shift) * layout.ElementBytes);

    /// <summary>Where scales <c>[headDim / 32][16]</c> begin as the tile's group counts lanes, in the quantised form.</summary>
    public byte* Scales(KvLayout layout) => ScalesOf(_keys, _group, layout) + (_shift * layout.ScaleBytes);

    /// <summary>Scales of a stored group, in the quantised form.</summary>
    public static byte* ScalesOf(byte* keys, int group, KvLayout layout) =>
        keys + (layout.BlockRows * layout.RowBytes) + (group * layout.Scales * KvLayout.RowGroup * layout.ScaleBytes);
}

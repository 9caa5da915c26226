using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tiers;

/// <summary>Room for rows that are computed only to be compared.</summary>
internal sealed unsafe class VerificationScratch(KvLayout layout, int rows) : IDisposable
{
    private readonly NativeBuffer _memory = new((nuint)((rows + layout.BlockRows - 1) / layout.BlockRows * layout.BlockBytes));

    /// <summary>Rows that fit.</summary>
    public int Rows => rows;

    /// <summary>Where the n-th row of a layer goes.</summary>
    public KvWriteRow Row(int layer, int index)
    {
        if ((uint)index >= (uint)rows)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"there is room for {rows} rows");
        return new KvWriteRow
        {
            Slice = _memory.Pointer + (index / layout.BlockRows * layout.BlockBytes) + (layer * layout.SliceBytes),
            Slot = index % layout.BlockRows,
        };
    }

    public void Dispose() => _memory.Dispose();
}

namespace Kvasir.Numerics.Attention;

/// <summary>Moves stored rows as they are: bytes, nothing decoded.</summary>
public static unsafe class KvRows
{
    private const int StackBytes = 4096;

    /// <summary>Bytes of a row in one slice, keys and values of all heads, scales included.</summary>
    public static int RowBytes(KvLayout layout) => 2 * layout.KvHeads * HeadRowBytes(layout);

    /// <summary>Copies <paramref name="count"/> rows; the ranges may overlap when rows move down within a slice.</summary>
    public static void Copy(KvLayout layout, byte* fromSlice, int fromSlot, byte* toSlice, int toSlot, int count)
    {
        for (var row = 0; row < count; row++)
        {
            for (var head = 0; head < layout.KvHeads; head++)
                CopyHead(layout, fromSlice, fromSlot + row, toSlice, toSlot + row, head);
        }
    }

    /// <summary>Copies one head of one row.</summary>
    public static void CopyHead(KvLayout layout, byte* fromSlice, int fromSlot, byte* toSlice, int toSlot, int head)
    {
        CopyKey(layout, fromSlice + layout.KeyOffset(head), fromSlot, toSlice + layout.KeyOffset(head), toSlot);
        CopyValue(layout, fromSlice + layout.ValueOffset(head), fromSlot, toSlice + layout.ValueOffset(head), toSlot);
    }

    /// <summary>Gathers a row's bytes (<see cref="RowBytes"/>): per head key elements, key scales, value elements, value scales.</summary>
    public static void Read(KvLayout layout, byte* slice, int slot, Span<byte> destination)
    {
        var scales = layout.Type == KvDataType.Q8_0 ? layout.HeadDim / KvLayout.ScaleGroup : 0;
        var group = slot / KvLayout.RowGroup;
        var lane = slot % KvLayout.RowGroup;
        var at = 0;
        for (var head = 0; head < layout.KvHeads; head++)
        {
            var keys = slice + layout.KeyOffset(head);
            for (var d = 0; d < layout.HeadDim; d++)
                at = Append(keys + KeyElement(layout, group, lane, d), layout.ElementBytes, destination, at);
            for (var s = 0; s < scales; s++)
                at = Append(keys + KeyScale(layout, group, lane, s), sizeof(float), destination, at);
            var values = slice + layout.ValueOffset(head);
            at = Append(values + ((long)slot * layout.HeadDim * layout.ElementBytes), layout.HeadDim * layout.ElementBytes, destination, at);
            at = Append(values + ValueScale(layout, slot), scales * sizeof(float), destination, at);
        }
    }

    /// <summary>True when two rows have the same bits: every key, value and scale of every head.</summary>
    public static bool AreEqual(KvLayout layout, byte* slice, int slot, byte* otherSlice, int otherSlot)
    {
        var bytes = RowBytes(layout);
        Span<byte> row = bytes <= StackBytes ? stackalloc byte[bytes] : new byte[bytes];
        Span<byte> other = bytes <= StackBytes ? stackalloc byte[bytes] : new byte[bytes];
        Read(layout, slice, slot, row);
        Read(layout, otherSlice, otherSlot, other);
        return row.SequenceEqual(other);
    }

    private static int HeadRowBytes(KvLayout layout) => (layout.HeadDim * layout.ElementBytes) + (layout.ScaleBytesPerHead / layout.BlockRows);

    private static void CopyKey(KvLayout layout, byte* from, int fromSlot, byte* to, int toSlot)
    {
        int fromGroup = fromSlot / KvLayout.RowGroup, fromLane = fromSlot % KvLayout.RowGroup;
        int toGroup = toSlot / KvLayout.RowGroup, toLane = toSlot % KvLayout.RowGroup;
        for (var d = 0; d < layout.HeadDim; d++)
            CopyBytes(from + KeyElement(layout, fromGroup, fromLane, d), to + KeyElement(layout, toGroup, toLane, d), layout.ElementBytes);
        if (layout.Type != KvDataType.Q8_0)
            return;
        for (var s = 0; s < layout.HeadDim / KvLayout.ScaleGroup; s++)
            CopyBytes(from + KeyScale(layout, fromGroup, fromLane, s), to + KeyScale(layout, toGroup, toLane, s), sizeof(float));
    }

    private static void CopyValue(KvLayout layout, byte* from, int fromSlot, byte* to, int toSlot)
    {
        var bytes = layout.HeadDim * layout.ElementBytes;
        CopyBytes(from + ((long)fromSlot * bytes), to + ((long)toSlot * bytes), bytes);
        if (layout.Type == KvDataType.Q8_0)
            CopyBytes(from + ValueScale(layout, fromSlot), to + ValueScale(layout, toSlot), layout.HeadDim / KvLayout.ScaleGroup * sizeof(float));
    }

    private static long KeyElement(KvLayout layout, int group, int lane, int dimension) =>
        (((((long)group * layout.HeadDim) + dimension) * KvLayout.RowGroup) + lane) * layout.ElementBytes;

    private static long KeyScale(KvLayout layout, int group, int lane, int scale) =>
        ((long)layout.BlockRows * layout.HeadDim)
        + (((((long)group * (layout.HeadDim / KvLayout.ScaleGroup)) + scale) * KvLayout.RowGroup) + lane) * sizeof(float);

    private static long ValueScale(KvLayout layout, int slot) =>
        ((long)layout.BlockRows * layout.HeadDim) + ((long)slot * (layout.HeadDim / KvLayout.ScaleGroup) * sizeof(float));

    private static void CopyBytes(byte* from, byte* to, int bytes) => Buffer.MemoryCopy(from, to, bytes, bytes);

    private static int Append(byte* from, int bytes, Span<byte> destination, int at)
    {
        new ReadOnlySpan<byte>(from, bytes).CopyTo(destination[at..]);
        return at + bytes;
    }
}

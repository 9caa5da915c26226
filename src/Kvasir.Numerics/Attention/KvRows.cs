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
        var at = 0;
        for (var head = 0; head < layout.KvHeads; head++)
        {
            var keys = slice + layout.KeyOffset(head);
            for (var d = 0; d < layout.Elements; d++)
                at = Append(keys + KeyElement(layout, slot, d), layout.ElementBytes, destination, at);
            for (var s = 0; s < layout.Scales; s++)
                at = Append(keys + KeyScale(layout, slot, s), layout.ScaleBytes, destination, at);
            var values = slice + layout.ValueOffset(head);
            at = Append(values + ValueElement(layout, slot), layout.RowBytes, destination, at);
            at = Append(values + ValueScale(layout, slot), layout.Scales * layout.ScaleBytes, destination, at);
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

    private static int HeadRowBytes(KvLayout layout) => layout.RowBytes + (layout.Scales * layout.ScaleBytes);

    private static void CopyKey(KvLayout layout, byte* from, int fromSlot, byte* to, int toSlot)
    {
        CopyInterleaved(from + KeyElement(layout, fromSlot, 0), to + KeyElement(layout, toSlot, 0), layout.Elements, layout.ElementBytes);
        CopyInterleaved(from + KeyScale(layout, fromSlot, 0), to + KeyScale(layout, toSlot, 0), layout.Scales, layout.ScaleBytes);
    }

    /// <summary>Copies items that lie <see cref="KvLayout.RowGroup"/> items apart.</summary>
    private static void CopyInterleaved(byte* from, byte* to, int items, int bytes)
    {
        switch (bytes)
        {
            case sizeof(byte):
                Copy(from, to, items);
                break;
            case sizeof(ushort):
                Copy((ushort*)from, (ushort*)to, items);
                break;
            case sizeof(uint):
                Copy((uint*)from, (uint*)to, items);
                break;
            default:
                for (var i = 0L; i < items; i++)
                    CopyBytes(from + (i * KvLayout.RowGroup * bytes), to + (i * KvLayout.RowGroup * bytes), bytes);
                break;
        }

        static void Copy<T>(T* from, T* to, int items)
            where T : unmanaged
        {
            for (var i = 0L; i < items; i++)
                to[i * KvLayout.RowGroup] = from[i * KvLayout.RowGroup];
        }
    }

    private static void CopyValue(KvLayout layout, byte* from, int fromSlot, byte* to, int toSlot)
    {
        var bytes = layout.RowBytes;
        CopyBytes(from + ValueElement(layout, fromSlot), to + ValueElement(layout, toSlot), bytes);
        CopyBytes(from + ValueScale(layout, fromSlot), to + ValueScale(layout, toSlot), layout.Scales * layout.ScaleBytes);
    }

    /// <summary>Offset of an element of a key from its head's keys.</summary>
    internal static long KeyElement(KvLayout layout, int slot, int element) => Interleaved(slot, element, layout.Elements) * layout.ElementBytes;

    /// <summary>Offset of a scale of a key from its head's keys.</summary>
    internal static long KeyScale(KvLayout layout, int slot, int scale) =>
        ((long)layout.BlockRows * layout.RowBytes) + (Interleaved(slot, scale, layout.Scales) * layout.ScaleBytes);

    /// <summary>Offset of a value's elements from its head's values.</summary>
    internal static long ValueElement(KvLayout layout, int slot) => (long)slot * layout.RowBytes;

    /// <summary>Offset of a value's scales from its head's values.</summary>
    internal static long ValueScale(KvLayout layout, int slot) =>
        ((long)layout.BlockRows * layout.RowBytes) + ((long)slot * layout.Scales * layout.ScaleBytes);

    private static long Interleaved(int slot, int item, int items) =>
        ((((long)(slot / KvLayout.RowGroup) * items) + item) * KvLayout.RowGroup) + (slot % KvLayout.RowGroup);

    private static void CopyBytes(byte* from, byte* to, int bytes) => Buffer.MemoryCopy(from, to, bytes, bytes);

    private static int Append(byte* from, int bytes, Span<byte> destination, int at)
    {
        new ReadOnlySpan<byte>(from, bytes).CopyTo(destination[at..]);
        return at + bytes;
    }
}

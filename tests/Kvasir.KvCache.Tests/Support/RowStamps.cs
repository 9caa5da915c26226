using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Support;

/// <summary>Writes rows whose bytes tell whose they are, and looks whether they still do.</summary>
internal sealed unsafe class RowStamps : IDisposable
{
    private readonly KvLayout _layout;
    private readonly NativeBuffer _scratch;
    private readonly byte[] _row;

    public RowStamps(KvLayout layout)
    {
        _layout = layout;
        _scratch = new NativeBuffer((nuint)layout.SliceBytes);
        _row = new byte[KvRows.RowBytes(layout)];
    }

    /// <summary>The stamp of a row in a layer: what a real row would depend on.</summary>
    public static ulong Of(ulong history, int layer) => Mix(history + (0x9E3779B97F4A7C15UL * (ulong)(layer + 1)));

    /// <summary>The history of a row that follows another one.</summary>
    public static ulong Next(ulong history, int token) => Mix(history ^ (((ulong)token + 1) * 0xD1B54A32D192ED03UL));

    public void Write(KvWriteRow target, ulong stamp)
    {
        // Every byte of a head's part that belongs to slot 0 gets a byte of its own; copying moves exactly the bytes of a row.
        Fill(stamp);
        KvRows.Copy(_layout, _scratch.Pointer, 0, target.Slice, target.Slot, 1);
    }

    public bool Holds(KvWriteRow row, ulong stamp) => Holds(row.Slice, row.Slot, stamp);

    public bool Holds(byte* slice, int slot, ulong stamp)
    {
        KvRows.Read(_layout, slice, slot, _row);
        Fill(stamp);
        Span<byte> expected = stackalloc byte[_row.Length];
        KvRows.Read(_layout, _scratch.Pointer, 0, expected);
        return expected.SequenceEqual(_row);
    }

    public bool IsPoison(byte* slice, int slot)
    {
        KvRows.Read(_layout, slice, slot, _row);
        return _row.AsSpan().IndexOfAnyExcept((byte)0xFF) < 0;
    }

    public void Dispose() => _scratch.Dispose();

    private void Fill(ulong stamp)
    {
        // Different from word to word: keys, values, heads and dimensions that are mixed up show too.
        var words = _scratch.AsSpan<ulong>();
        for (var i = 0; i < words.Length; i++)
            words[i] = stamp ^ ((ulong)(i + 1) * 0x9E3779B97F4A7C15UL);
    }

    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}

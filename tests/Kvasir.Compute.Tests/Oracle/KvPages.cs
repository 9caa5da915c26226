using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests.Oracle;

/// <summary>
/// Logical rows laid out in blocks that are otherwise full of NaN, cut into segments at random places: one of the many forms that
/// the same cache can take.
/// </summary>
internal sealed unsafe class KvPages : IDisposable
{
    private readonly List<NativeBuffer> _memory = [];
    private readonly List<KvSegment> _segments = [];
    private readonly KvLayout _layout;
    private readonly int _layer;
    private NativeBuffer? _list;

    private KvPages(KvLayout layout, int layer)
    {
        _layout = layout;
        _layer = layer;
    }

    public KvView View { get; private set; }

    /// <summary>Writes the rows with the backend and cuts them by <paramref name="random"/>.</summary>
    public static KvPages Lay(IComputeBackend backend, IReadOnlyList<KvRow> rows, KvLayout layout, Random random, bool aligned)
    {
        var pages = new KvPages(layout, random.Next(layout.Layers));
        for (int first = 0; first < rows.Count;)
        {
            int slot = aligned ? (int)(rows[first].Row % layout.BlockRows) : random.Next(layout.BlockRows);
            int most = aligned ? layout.BlockRows - slot : random.Next(1, layout.BlockRows - slot + 1);
            int count = 1;
            while (count < most && first + count < rows.Count && Follows(rows[first + count - 1], rows[first + count]))
                count++;
            pages.Add(backend, [.. rows.Skip(first).Take(count)], slot, random);
            first += count;
        }

        pages._list = new NativeBuffer((nuint)(Math.Max(1, pages._segments.Count) * sizeof(KvSegment)));
        pages._segments.ToArray().CopyTo(pages._list.AsSpan<KvSegment>());
        pages.View = new KvView
        {
            Segments = (KvSegment*)pages._list.Pointer,
            SegmentCount = pages._segments.Count,
            SliceOffset = pages._layer * layout.SliceBytes,
        };
        return pages;
    }

    /// <summary>Gives every segment with an offset the rotation that <paramref name="rotation"/> has for it.</summary>
    public void SetRotations(Func<int, float[]> rotation)
    {
        foreach (ref var segment in new Span<KvSegment>(View.Segments, View.SegmentCount))
        {
            if (segment.PositionOffset != 0)
                segment.Rotation = (float*)List(rotation(segment.PositionOffset)).Pointer;
        }
    }

    /// <summary>
    /// Lets rows stand in for rows of the segments: they are written to random slots of blocks that are otherwise full of NaN. Rows that no
    /// segment has get a slice at address 0.
    /// </summary>
    public void Cover(IComputeBackend backend, IReadOnlyList<KvRow> rows, Random random)
    {
        int slices = (rows.Count / _layout.BlockRows) + 1 + random.Next(2);
        int[] slots = [.. Enumerable.Range(0, slices * _layout.BlockRows)];
        random.Shuffle(slots);
        if (random.Next(2) == 0)
            Array.Sort(slots, 0, rows.Count); // most neighbours of a group, as they are in use
        var addresses = Enumerable.Range(0, slices).Select(_ => (nint)Keep(_layout.SliceBytes).Pointer).ToArray();
        foreach (nint address in addresses)
            new Span<uint>((void*)address, (int)_layout.SliceBytes / 4).Fill(0x7FC0_7FC0);
        for (int i = 0; i < rows.Count; i++)
        {
            if (!_segments.Any(segment => rows[i].Row >= segment.FirstRow && rows[i].Row < segment.FirstRow + segment.Count))
            {
                slots[i] = slices * _layout.BlockRows;
                continue;
            }

            var target = new KvWriteRow { Slice = (byte*)addresses[slots[i] / _layout.BlockRows], Slot = slots[i] % _layout.BlockRows };
            fixed (float* k = rows[i].Keys, v = rows[i].Values)
                backend.WriteKv(k, v, rows[i].Keys.Length, [target], _layout);
        }

        var overlay = (KvOverlay*)Keep(sizeof(KvOverlay)).Pointer;
        *overlay = new KvOverlay
        {
            Count = rows.Count,
            Rows = (int*)List(rows.Select(row => (int)row.Row)).Pointer,
            Slots = (int*)List(slots.Take(rows.Count)).Pointer,
            Slices = (byte**)List([.. addresses, 0]).Pointer,
        };
        View = View with { Overlay = overlay };
    }

    public void Dispose()
    {
        foreach (var buffer in _memory)
            buffer.Dispose();
        _list?.Dispose();
    }

    private static bool Follows(KvRow a, KvRow b) => b.Row == a.Row + 1 && b.Offset == a.Offset && (a.Bias == null) == (b.Bias == null);

    private void Add(IComputeBackend backend, KvRow[] rows, int slot, Random random)
    {
        var block = Keep(_layout.BlockBytes);
        block.AsSpan<uint>().Fill(0x7FC0_7FC0); // NaN in F32, F16, BF16, and in the scales of Q8_0
        byte* slice = block.Pointer + (_layer * _layout.SliceBytes);
        int width = _layout.KvHeads * _layout.HeadDim;
        var keys = new float[rows.Length * width];
        var values = new float[rows.Length * width];
        var targets = new KvWriteRow[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i].Keys.CopyTo(keys, i * width);
            rows[i].Values.CopyTo(values, i * width);
            targets[i] = new KvWriteRow { Slice = slice, Slot = slot + i };
        }

        fixed (float* k = keys, v = values)
            backend.WriteKv(k, v, width, targets, _layout);
        var segment = new KvSegment
        {
            Slice = block.Pointer,
            FirstSlot = slot,
            Count = rows.Length,
            FirstRow = rows[0].Row,
            BasePosition = rows[0].Position,
            PositionOffset = rows[0].Offset,
        };
        if (random.Next(3) == 0 || rows.Where((row, i) => row.Position != rows[0].Position + i).Any())
            segment.Positions = (int*)List(rows.Select(row => row.Position)).Pointer;
        if (rows[0].Bias != null)
            segment.LogitBias = (float*)List(rows.Select(row => row.Bias!.Value)).Pointer;
        if (random.Next(3) == 0 || rows.Any(row => row.Masked))
        {
            var words = new ulong[(rows.Length + 63) / 64];
            for (int i = 0; i < rows.Length; i++)
                words[i / 64] |= rows[i].Masked ? 0 : 1UL << (i % 64);
            segment.RowMask = (ulong*)List(words).Pointer;
        }

        _segments.Add(segment);
    }

    private NativeBuffer List<T>(IEnumerable<T> items)
        where T : unmanaged
    {
        T[] array = [.. items];
        var buffer = Keep(array.Length * sizeof(T));
        array.CopyTo(buffer.AsSpan<T>());
        return buffer;
    }

    private NativeBuffer Keep(long bytes)
    {
        var buffer = new NativeBuffer((nuint)bytes);
        _memory.Add(buffer);
        return buffer;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Numerics.Attention;

/// <summary>Decodes stored rows: keys as they lie, rotated at the position that they were stored with.</summary>
public static unsafe class KvRowReader
{
    /// <summary>Decodes one row of all heads.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="slice">The slice.</param>
    /// <param name="slot">The row's slot.</param>
    /// <param name="keys">Receives <c>[kvHeads, headDim]</c>.</param>
    /// <param name="values">Receives <c>[kvHeads, headDim]</c>.</param>
    public static void Read(KvLayout layout, byte* slice, int slot, Span<float> keys, Span<float> values)
    {
        ReadKeys(layout, slice, slot, keys);
        ReadValues(layout, slice, slot, values);
    }

    /// <summary>Decodes the keys of one row of all heads.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="slice">The slice.</param>
    /// <param name="slot">The row's slot.</param>
    /// <param name="keys">Receives <c>[kvHeads, headDim]</c>.</param>
    public static void ReadKeys(KvLayout layout, byte* slice, int slot, Span<float> keys)
    {
        for (var head = 0; head < layout.KvHeads; head++)
            ReadKey(layout, slice + layout.KeyOffset(head), slot, keys.Slice(head * layout.HeadDim, layout.HeadDim));
    }

    /// <summary>Decodes the values of one row of all heads.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="slice">The slice.</param>
    /// <param name="slot">The row's slot.</param>
    /// <param name="values">Receives <c>[kvHeads, headDim]</c>.</param>
    public static void ReadValues(KvLayout layout, byte* slice, int slot, Span<float> values)
    {
        for (var head = 0; head < layout.KvHeads; head++)
            ReadValue(layout, slice + layout.ValueOffset(head), slot, values.Slice(head * layout.HeadDim, layout.HeadDim));
    }

    /// <summary>Decodes one head of one row.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="slice">The slice.</param>
    /// <param name="slot">The row's slot.</param>
    /// <param name="head">KV head.</param>
    /// <param name="key">Receives <c>[headDim]</c>.</param>
    /// <param name="value">Receives <c>[headDim]</c>.</param>
    public static void ReadHead(KvLayout layout, byte* slice, int slot, int head, Span<float> key, Span<float> value)
    {
        ReadKey(layout, slice + layout.KeyOffset(head), slot, key);
        ReadValue(layout, slice + layout.ValueOffset(head), slot, value);
    }

    /// <summary>Widens bounds of each key dimension so that they hold some rows of one group.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="slice">The slice.</param>
    /// <param name="slot">The first row's slot.</param>
    /// <param name="count">Number of rows; they end in the first one's group of <see cref="KvLayout.RowGroup"/>.</param>
    /// <param name="head">KV head.</param>
    /// <param name="smallest">Lower bounds <c>[headDim]</c>.</param>
    /// <param name="largest">Upper bounds <c>[headDim]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WidenBounds(KvLayout layout, byte* slice, int slot, int count, int head, Span<float> smallest, Span<float> largest)
    {
        var keys = slice + layout.KeyOffset(head);
        if (layout.Type is KvDataType.F32 or KvDataType.F16 or KvDataType.BF16)
        {
            var halves = count == KvLayout.RowGroup && layout.Type != KvDataType.F32;
            for (var d = 0; d < smallest.Length; d++)
            {
                var (low, high) = (smallest[d], largest[d]);
                var row = keys + KvRows.KeyElement(layout, slot, d);
                if (halves && HalfBounds((ushort*)row, out var lowest, out var highest))
                {
                    smallest[d] = Math.Min(low, Element((byte*)&lowest, layout.Type, 0));
                    largest[d] = Math.Max(high, Element((byte*)&highest, layout.Type, 0));
                    continue;
                }

                for (var lane = 0; lane < count; lane++)
                {
                    var element = Element(row, layout.Type, lane);
                    low = Math.Min(low, element);
                    high = Math.Max(high, element);
                }

                (smallest[d], largest[d]) = (low, high);
            }

            return;
        }

        Span<float> key = stackalloc float[smallest.Length];
        for (var row = slot; row < slot + count; row++)
        {
            ReadKey(layout, keys, row, key);
            for (var d = 0; d < key.Length; d++)
            {
                smallest[d] = Math.Min(smallest[d], key[d]);
                largest[d] = Math.Max(largest[d], key[d]);
            }
        }
    }

    /// <summary>Rotates a row's keys in place.</summary>
    /// <param name="keys">Keys <c>[kvHeads, headDim]</c>.</param>
    /// <param name="headDim">Dimensions of a head.</param>
    /// <param name="rotation">Cosines <c>[half]</c>, then sines <c>[half]</c> (<see cref="RopeTable.Rotation"/>).</param>
    /// <param name="half">Pairs a head.</param>
    public static void Rotate(Span<float> keys, int headDim, float* rotation, int half)
    {
        for (var head = 0; head < keys.Length; head += headDim)
        {
            for (var i = 0; i < half; i++)
            {
                var a = keys[head + i];
                var b = keys[head + half + i];
                keys[head + i] = MathF.FusedMultiplyAdd(a, rotation[i], 0 - (b * rotation[half + i]));
                keys[head + half + i] = MathF.FusedMultiplyAdd(b, rotation[i], a * rotation[half + i]);
            }
        }
    }

    private static void ReadKey(KvLayout layout, byte* keys, int slot, Span<float> key)
    {
        if (layout.Type == KvDataType.Q4_0)
        {
            ReadNibbles(keys + KvRows.KeyElement(layout, slot, 0), KvLayout.RowGroup, keys + KvRows.KeyScale(layout, slot, 0), KvLayout.RowGroup, key);
            return;
        }

        var group = slot / KvLayout.RowGroup;
        var lane = slot % KvLayout.RowGroup;
        var at = (group * layout.HeadDim * KvLayout.RowGroup) + lane;
        var scales = (float*)(keys + (layout.BlockRows * layout.HeadDim)) + (group * (layout.HeadDim / KvLayout.ScaleGroup) * KvLayout.RowGroup) + lane;
        for (var d = 0; d < key.Length; d++)
        {
            key[d] = layout.Type == KvDataType.Q8_0
                ? ((sbyte*)keys)[at + (d * KvLayout.RowGroup)] * scales[d / KvLayout.ScaleGroup * KvLayout.RowGroup]
                : Element(keys, layout.Type, at + (d * KvLayout.RowGroup));
        }
    }

    private static void ReadValue(KvLayout layout, byte* values, int slot, Span<float> value)
    {
        if (layout.Type == KvDataType.Q4_0)
        {
            ReadNibbles(values + KvRows.ValueElement(layout, slot), 1, values + KvRows.ValueScale(layout, slot), 1, value);
            return;
        }

        var at = slot * layout.HeadDim;
        if (layout.Type == KvDataType.F16)
        {
            Float16.ToSingle(new ReadOnlySpan<ushort>((ushort*)values + at, value.Length), value);
            return;
        }

        var scales = (float*)(values + (layout.BlockRows * layout.HeadDim)) + (slot * (layout.HeadDim / KvLayout.ScaleGroup));
        for (var d = 0; d < value.Length; d++)
        {
            value[d] = layout.Type == KvDataType.Q8_0
                ? ((sbyte*)values)[at + d] * scales[d / KvLayout.ScaleGroup]
                : Element(values, layout.Type, at + d);
        }
    }

    private static void ReadNibbles(byte* elements, int stride, byte* scales, int scaleStride, Span<float> row)
    {
        for (var d = 0; d < row.Length; d++)
        {
            var (group, place) = (d / KvLayout.ScaleGroup, d % KvLayout.ScaleGroup);
            var both = elements[((group * KvLayout.ScaleGroup / 2) + (place % (KvLayout.ScaleGroup / 2))) * stride];
            var level = (place < KvLayout.ScaleGroup / 2 ? both & 15 : both >> 4) - 8;
            row[d] = level * Float16.ToSingle(((ushort*)scales)[group * scaleStride]);
        }
    }

    /// <summary>The smallest and the largest of sixteen binary16 or bfloat16 numbers, as their bits; false when one is a NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HalfBounds(ushort* numbers, out ushort smallest, out ushort largest)
    {
        // As unsigned integers that order as the numbers do.
        const ushort sign = 0x8000;
        var bits = Vector256.Load(numbers);
        var ordered = bits ^ (Vector256.ShiftRightArithmetic(bits.AsInt16(), 15).AsUInt16() | Vector256.Create(sign));
        var low = Vector128.Min(ordered.GetLower(), ordered.GetUpper());
        var high = Vector128.Max(ordered.GetLower(), ordered.GetUpper());
        low = Vector128.Min(low, Vector128.Shuffle(low, Vector128.Create((ushort)4, 5, 6, 7, 0, 1, 2, 3)));
        high = Vector128.Max(high, Vector128.Shuffle(high, Vector128.Create((ushort)4, 5, 6, 7, 0, 1, 2, 3)));
        low = Vector128.Min(low, Vector128.Shuffle(low, Vector128.Create((ushort)2, 3, 0, 1, 6, 7, 4, 5)));
        high = Vector128.Max(high, Vector128.Shuffle(high, Vector128.Create((ushort)2, 3, 0, 1, 6, 7, 4, 5)));
        smallest = Numbered(Math.Min(low[0], low[1]));
        largest = Numbered(Math.Max(high[0], high[1]));
        return !IsOdd(smallest) && !IsOdd(largest);

        static ushort Numbered(ushort ordered) => (ushort)(ordered >= sign ? ordered ^ sign : ~ordered);

        // Where either form has its NaNs, and its infinities.
        static bool IsOdd(ushort bits) => (bits & 0x7C00) == 0x7C00;
    }

    private static float Element(byte* from, KvDataType type, int index) => type switch
    {
        KvDataType.F32 => ((float*)from)[index],
        KvDataType.F16 => Float16.ToSingle(((ushort*)from)[index]),
        _ => BFloat16.ToSingle(((ushort*)from)[index]),
    };
}

using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Attention;

/// <summary>
/// Brings stored rows of one head into a tile of binary32: keys <c>[4 groups][headDim][16 rows]</c>, values <c>[64 rows][stride]</c>.
/// </summary>
internal static unsafe class TileLoader<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Loads a group of keys.</summary>
    /// <param name="elements">Stored elements <c>[elements][16]</c>.</param>
    /// <param name="scales">Scales <c>[headDim / 32][16]</c> in the quantised form.</param>
    /// <param name="layout">Layout of the blocks.</param>
    /// <param name="group">Receives <c>[headDim][16]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void KeyGroup(byte* elements, byte* scales, KvLayout layout, float* group)
    {
        var count = layout.HeadDim * KvLayout.RowGroup;
        switch (layout.Type)
        {
            case KvDataType.F32:
                for (var i = 0; i < count; i += 16)
                    TLanes.Store(TLanes.Load((float*)elements + i), group + i);
                break;
            case KvDataType.F16:
                TLanes.WidenHalves((ushort*)elements, group, count);
                break;
            case KvDataType.BF16:
                for (var i = 0; i < count; i += 16)
                    TLanes.Store(TLanes.LoadBFloat((ushort*)elements + i), group + i);
                break;
            case KvDataType.Q4_0:
                for (var s = 0; s < layout.Scales; s++, elements += KvLayout.ScaleGroup / 2 * KvLayout.RowGroup, group += KvLayout.ScaleGroup * KvLayout.RowGroup)
                    KeyNibbles(elements, TLanes.LoadHalf((ushort*)scales + (s * KvLayout.RowGroup)), group);
                break;
            default:
                for (var i = 0; i < count; i += 16)
                {
                    var scale = TLanes.Load((float*)scales + (i / (KvLayout.ScaleGroup * KvLayout.RowGroup) * KvLayout.RowGroup));
                    TLanes.Store(TLanes.LoadSByte((sbyte*)elements + i) * scale, group + i);
                }

                break;
        }
    }

    /// <summary>Copies one row of a loaded group to a row of the tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyKey(float* group, int lane, float* tile, int tileRow, int headDim)
    {
        // Dimensions are even in number.
        var from = group + lane;
        var end = from + (headDim * KvLayout.RowGroup);
        var to = tile + (tileRow / KvLayout.RowGroup * KvLayout.RowGroup * headDim) + (tileRow % KvLayout.RowGroup);
        for (; from < end; from += 2 * KvLayout.RowGroup, to += 2 * KvLayout.RowGroup)
        {
            var next = from[KvLayout.RowGroup];
            *to = *from;
            to[KvLayout.RowGroup] = next;
        }
    }

    /// <summary>Rotates the keys of tile rows <c>[tileRow, tileRow + count)</c> by a fixed number of positions.</summary>
    /// <param name="tile">The tile's keys.</param>
    /// <param name="headDim">Dimensions of a head.</param>
    /// <param name="tileRow">First row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="cosSin">Cosines <c>[half]</c>, then sines <c>[half]</c>.</param>
    /// <param name="half">Pairs; dimensions behind <c>2 * half</c> stay as they are.</param>
    public static void Rotate(float* tile, int headDim, int tileRow, int count, float* cosSin, int half)
    {
        var kept = stackalloc float[KvLayout.RowGroup];
        for (var row = tileRow; row < tileRow + count;)
        {
            var lane = row % KvLayout.RowGroup;
            var rows = Math.Min(KvLayout.RowGroup - lane, tileRow + count - row);
            var group = tile + ((row - lane) * headDim);
            if (rows == KvLayout.RowGroup)
            {
                RotateGroup(group, cosSin, half);
            }
            else
            {
                new Span<float>(kept, KvLayout.RowGroup).Fill(-1);
                new Span<float>(kept + lane, rows).Clear();
                RotateSome(group, cosSin, half, kept);
            }

            row += rows;
        }
    }

    /// <summary>Loads values of slots <c>[slot, slot + count)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Values(byte* values, KvLayout layout, int slot, int count, float* tile, int stride)
    {
        var headDim = layout.HeadDim;
        if (layout.Type == KvDataType.F16 && stride == headDim)
        {
            TLanes.WidenHalves((ushort*)values + (slot * headDim), tile, count * headDim);
            return;
        }

        if (layout.Type == KvDataType.Q4_0)
        {
            ValueNibbles(values, layout, slot, count, tile, stride);
            return;
        }

        for (var row = 0; row < count; row++, tile += stride)
        {
            var from = (slot + row) * headDim;
            var scales = (float*)(values + (layout.BlockRows * headDim)) + ((slot + row) * (headDim / KvLayout.ScaleGroup));
            var d = 0;
            for (; d <= headDim - 16; d += 16)
            {
                var lanes = layout.Type switch
                {
                    KvDataType.F32 => TLanes.Load((float*)values + from + d),
                    KvDataType.F16 => TLanes.LoadHalf((ushort*)values + from + d),
                    KvDataType.BF16 => TLanes.LoadBFloat((ushort*)values + from + d),
                    _ => TLanes.LoadSByte((sbyte*)values + from + d) * TLanes.Broadcast(scales[d / KvLayout.ScaleGroup]),
                };
                TLanes.Store(lanes, tile + d);
            }

            for (; d < headDim; d++)
                tile[d] = Element(values, layout.Type, from + d);
        }
    }

    /// <summary>Widens 32 dimensions of a group of keys: of every byte the lower half to dimension i, the upper one to i + 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void KeyNibbles(byte* elements, TLanes scale, float* group)
    {
        const int Half = KvLayout.ScaleGroup / 2 * KvLayout.RowGroup;
        var eight = TLanes.Broadcast(8);
        for (var i = 0; i < Half; i += KvLayout.RowGroup)
        {
            TLanes.Store((TLanes.LoadBits(elements + i, 0, 15) - eight) * scale, group + i);
            TLanes.Store((TLanes.LoadBits(elements + i, 4, 15) - eight) * scale, group + Half + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ValueNibbles(byte* values, KvLayout layout, int slot, int count, float* tile, int stride)
    {
        var elements = values + (slot * layout.RowBytes);
        var scales = (ushort*)(values + (layout.BlockRows * layout.RowBytes)) + (slot * layout.Scales);
        var eight = TLanes.Broadcast(8);
        for (var row = 0; row < count; row++, tile += stride)
        {
            for (var d = 0; d < layout.HeadDim; d += KvLayout.ScaleGroup, elements += KvLayout.ScaleGroup / 2)
            {
                var scale = TLanes.Broadcast(Float16.ToSingle(*scales++));
                TLanes.Store((TLanes.LoadBits(elements, 0, 15) - eight) * scale, tile + d);
                TLanes.Store((TLanes.LoadBits(elements, 4, 15) - eight) * scale, tile + d + (KvLayout.ScaleGroup / 2));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RotateGroup(float* a, float* cosSin, int half)
    {
        var zero = TLanes.Broadcast(0);
        var b = a + (half * KvLayout.RowGroup);
        for (var i = 0; i < half; i++, a += KvLayout.RowGroup, b += KvLayout.RowGroup)
        {
            var x = TLanes.Load(a);
            var y = TLanes.Load(b);
            var cos = TLanes.Broadcast(cosSin[i]);
            var sin = TLanes.Broadcast(cosSin[half + i]);
            TLanes.Store(TLanes.Fma(x, cos, zero - (y * sin)), a);
            TLanes.Store(TLanes.Fma(y, cos, x * sin), b);
        }
    }

    /// <summary>Rotates the rows of a group for which <paramref name="kept"/> holds 0; the others, with -1, stay as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RotateSome(float* a, float* cosSin, int half, float* kept)
    {
        var zero = TLanes.Broadcast(0);
        var keep = TLanes.Load(kept);
        var b = a + (half * KvLayout.RowGroup);
        for (var i = 0; i < half; i++, a += KvLayout.RowGroup, b += KvLayout.RowGroup)
        {
            var x = TLanes.Load(a);
            var y = TLanes.Load(b);
            var cos = TLanes.Broadcast(cosSin[i]);
            var sin = TLanes.Broadcast(cosSin[half + i]);
            TLanes.Store(TLanes.SelectLess(keep, zero, x, TLanes.Fma(x, cos, zero - (y * sin))), a);
            TLanes.Store(TLanes.SelectLess(keep, zero, y, TLanes.Fma(y, cos, x * sin)), b);
        }
    }

    private static float Element(byte* from, KvDataType type, int index) => type switch
    {
        KvDataType.F32 => ((float*)from)[index],
        KvDataType.F16 => Float16.ToSingle(((ushort*)from)[index]),
        _ => BFloat16.ToSingle(((ushort*)from)[index]),
    };
}

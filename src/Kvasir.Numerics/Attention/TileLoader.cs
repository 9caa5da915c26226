using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Attention;

/// <summary>
/// Brings stored rows of one head into a tile of binary32: keys <c>[4 groups][headDim][16 rows]</c>, values <c>[64 rows][stride]</c>.
/// </summary>
internal static unsafe class TileLoader<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Loads keys of slots <c>[slot, slot + count)</c> to tile rows from <paramref name="tileRow"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Keys(byte* keys, KvLayout layout, int slot, int count, float* tile, int tileRow)
    {
        if (slot % KvLayout.RowGroup == 0 && tileRow % KvLayout.RowGroup == 0)
        {
            for (var row = 0; row < count; row += KvLayout.RowGroup)
                KeyGroup(keys, layout, (slot + row) / KvLayout.RowGroup, tile + ((tileRow + row) * layout.HeadDim));
            return;
        }

        for (var row = 0; row < count; row++)
        {
            var at = tileRow + row;
            KeyRow(keys, layout, slot + row, tile + (at / KvLayout.RowGroup * KvLayout.RowGroup * layout.HeadDim) + (at % KvLayout.RowGroup));
        }
    }

    /// <summary>Rotates the keys of tile rows <c>[tileRow, tileRow + count)</c> by a fixed number of positions.</summary>
    public static void Rotate(float* tile, int headDim, int tileRow, int count, float* cosSin, int half)
    {
        for (var row = tileRow; row < tileRow + count; row++)
        {
            var lane = tile + (row / KvLayout.RowGroup * KvLayout.RowGroup * headDim) + (row % KvLayout.RowGroup);
            for (var i = 0; i < half; i++)
            {
                var a = lane[i * KvLayout.RowGroup];
                var b = lane[(half + i) * KvLayout.RowGroup];
                lane[i * KvLayout.RowGroup] = MathF.FusedMultiplyAdd(a, cosSin[i], 0 - (b * cosSin[half + i]));
                lane[(half + i) * KvLayout.RowGroup] = MathF.FusedMultiplyAdd(b, cosSin[i], a * cosSin[half + i]);
            }
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

    private static void KeyGroup(byte* keys, KvLayout layout, int group, float* tile)
    {
        var headDim = layout.HeadDim;
        var from = group * headDim * KvLayout.RowGroup;
        var count = headDim * KvLayout.RowGroup;
        switch (layout.Type)
        {
            case KvDataType.F32:
                for (var i = 0; i < count; i += 16)
                    TLanes.Store(TLanes.Load((float*)keys + from + i), tile + i);
                break;
            case KvDataType.F16:
                TLanes.WidenHalves((ushort*)keys + from, tile, count);
                break;
            case KvDataType.BF16:
                for (var i = 0; i < count; i += 16)
                    TLanes.Store(TLanes.LoadBFloat((ushort*)keys + from + i), tile + i);
                break;
            default:
                var scales = KeyScales(keys, layout, group);
                for (var d = 0; d < headDim; d++)
                {
                    var scale = TLanes.Load(scales + (d / KvLayout.ScaleGroup * KvLayout.RowGroup));
                    TLanes.Store(TLanes.LoadSByte((sbyte*)keys + from + (d * 16)) * scale, tile + (d * 16));
                }

                break;
        }
    }

    private static void KeyRow(byte* keys, KvLayout layout, int slot, float* lane)
    {
        var group = slot / KvLayout.RowGroup;
        var from = (group * layout.HeadDim * KvLayout.RowGroup) + (slot % KvLayout.RowGroup);
        var scales = KeyScales(keys, layout, group) + (slot % KvLayout.RowGroup);
        for (var d = 0; d < layout.HeadDim; d++)
        {
            lane[d * KvLayout.RowGroup] = layout.Type == KvDataType.Q8_0
                ? ((sbyte*)keys)[from + (d * KvLayout.RowGroup)] * scales[d / KvLayout.ScaleGroup * KvLayout.RowGroup]
                : Element(keys, layout.Type, from + (d * KvLayout.RowGroup));
        }
    }

    private static float* KeyScales(byte* keys, KvLayout layout, int group) =>
        (float*)(keys + (layout.BlockRows * layout.HeadDim)) + (group * (layout.HeadDim / KvLayout.ScaleGroup) * KvLayout.RowGroup);

    private static float Element(byte* from, KvDataType type, int index) => type switch
    {
        KvDataType.F32 => ((float*)from)[index],
        KvDataType.F16 => Float16.ToSingle(((ushort*)from)[index]),
        _ => BFloat16.ToSingle(((ushort*)from)[index]),
    };
}

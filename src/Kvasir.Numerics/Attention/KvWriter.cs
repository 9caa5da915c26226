namespace Kvasir.Numerics.Attention;

/// <summary>Stores keys and values in the KV data type. The bytes of a row depend on that row only.</summary>
internal static unsafe class KvWriter
{
    /// <summary>Stores one row of all heads: keys and values are <c>[kvHeads, headDim]</c>. Nothing is done without a slice.</summary>
    public static void Write(float* keys, float* values, in KvWriteRow target, KvLayout layout)
    {
        if (target.Slice == null && target.Heads == null)
            return;
        for (var head = 0; head < layout.KvHeads; head++)
            WriteHead(keys + (head * layout.HeadDim), values + (head * layout.HeadDim), target.Heads == null ? target : target.Heads[head], head, layout);
    }

    /// <summary>Stores one head of a row: key and value are <c>[headDim]</c>.</summary>
    public static void WriteHead(float* key, float* value, in KvWriteRow target, int head, KvLayout layout)
    {
        var group = target.Slot / KvLayout.RowGroup;
        var lane = target.Slot % KvLayout.RowGroup;
        var keyBase = target.Slice + layout.KeyOffset(head);
        var valueBase = target.Slice + layout.ValueOffset(head);
        var keyAt = (group * layout.HeadDim * KvLayout.RowGroup) + lane;
        var valueAt = target.Slot * layout.HeadDim;
        switch (layout.Type)
        {
            case KvDataType.F32:
                for (var d = 0; d < layout.HeadDim; d++)
                {
                    ((float*)keyBase)[keyAt + (d * KvLayout.RowGroup)] = key[d];
                    ((float*)valueBase)[valueAt + d] = value[d];
                }

                break;
            case KvDataType.F16:
                for (var d = 0; d < layout.HeadDim; d++)
                {
                    ((ushort*)keyBase)[keyAt + (d * KvLayout.RowGroup)] = Float16.FromSingle(key[d]);
                    ((ushort*)valueBase)[valueAt + d] = Float16.FromSingle(value[d]);
                }

                break;
            case KvDataType.BF16:
                for (var d = 0; d < layout.HeadDim; d++)
                {
                    ((ushort*)keyBase)[keyAt + (d * KvLayout.RowGroup)] = BFloat16.FromSingle(key[d]);
                    ((ushort*)valueBase)[valueAt + d] = BFloat16.FromSingle(value[d]);
                }

                break;
            case KvDataType.Q8_0:
                WriteQuantized(key, value, target.Slot, keyBase, valueBase, layout);
                break;
            case KvDataType.Q4_0:
                WriteNibbles(key, keyBase + KvRows.KeyElement(layout, target.Slot, 0), KvLayout.RowGroup, keyBase + KvRows.KeyScale(layout, target.Slot, 0), KvLayout.RowGroup, layout);
                WriteNibbles(value, valueBase + KvRows.ValueElement(layout, target.Slot), 1, valueBase + KvRows.ValueScale(layout, target.Slot), 1, layout);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(layout), layout.Type, "unknown KV data type");
        }
    }

    private static void WriteQuantized(float* key, float* value, int slot, byte* keyBase, byte* valueBase, KvLayout layout)
    {
        var scales = layout.HeadDim / KvLayout.ScaleGroup;
        var group = slot / KvLayout.RowGroup;
        var lane = slot % KvLayout.RowGroup;
        var keyScales = (float*)(keyBase + (layout.BlockRows * layout.HeadDim)) + (group * scales * KvLayout.RowGroup) + lane;
        var valueScales = (float*)(valueBase + (layout.BlockRows * layout.HeadDim)) + (slot * scales);
        var quants = stackalloc sbyte[KvLayout.ScaleGroup];
        for (var s = 0; s < scales; s++)
        {
            keyScales[s * KvLayout.RowGroup] = Quantize(key + (s * KvLayout.ScaleGroup), quants);
            for (var i = 0; i < KvLayout.ScaleGroup; i++)
            {
                var d = (s * KvLayout.ScaleGroup) + i;
                ((sbyte*)keyBase)[(((group * layout.HeadDim) + d) * KvLayout.RowGroup) + lane] = quants[i];
            }

            valueScales[s] = Quantize(value + (s * KvLayout.ScaleGroup), quants);
            for (var i = 0; i < KvLayout.ScaleGroup; i++)
                ((sbyte*)valueBase)[(slot * layout.HeadDim) + (s * KvLayout.ScaleGroup) + i] = quants[i];
        }
    }

    /// <summary>Stores one key or value in four bits; elements and scales lie at the given distances.</summary>
    private static void WriteNibbles(float* x, byte* elements, int stride, byte* scales, int scaleStride, KvLayout layout)
    {
        const int Half = KvLayout.ScaleGroup / 2;
        var levels = stackalloc byte[KvLayout.ScaleGroup];
        for (var s = 0; s < layout.Scales; s++, x += KvLayout.ScaleGroup)
        {
            ((ushort*)scales)[s * scaleStride] = QuantizeNibbles(x, levels);
            for (var i = 0; i < Half; i++, elements += stride)
                *elements = (byte)(levels[i] | (levels[Half + i] << 4));
        }
    }

    /// <summary>
    /// The scale is such that the value furthest from zero takes the level -8, which only one sign has (as GGUF's Q4_0); others are rounded to
    /// nearest, ties to even, and what a level stands for is counted with the scale as it is stored. Returns its bits; levels are 0 to 15.
    /// </summary>
    private static ushort QuantizeNibbles(float* x, byte* levels)
    {
        var extreme = 0f;
        for (var i = 0; i < KvLayout.ScaleGroup; i++)
        {
            if (!(MathF.Abs(x[i]) <= MathF.Abs(extreme)))
                extreme = x[i]; // a NaN too, which then stays
        }

        var bits = Float16.FromSingle(extreme / -8);
        var scale = Float16.ToSingle(bits);
        for (var i = 0; i < KvLayout.ScaleGroup; i++)
        {
            var level = scale != 0 ? MathF.Round(x[i] / scale, MidpointRounding.ToEven) : 0;
            levels[i] = (byte)(8 + (int)(level >= 7 ? 7 : level <= -8 ? -8 : level));
        }

        return bits;
    }

    /// <summary>Scale max|x| / 127, values rounded to nearest, ties to even; returns the scale.</summary>
    private static float Quantize(float* x, sbyte* quants)
    {
        var largest = 0f;
        for (var i = 0; i < KvLayout.ScaleGroup; i++)
            largest = MathF.Max(largest, MathF.Abs(x[i]));
        var scale = largest / 127;
        for (var i = 0; i < KvLayout.ScaleGroup; i++)
        {
            var level = scale > 0 ? MathF.Round(x[i] / scale, MidpointRounding.ToEven) : 0;
            quants[i] = (sbyte)(level > 127 ? 127 : level < -127 ? -127 : level);
        }

        return scale;
    }
}

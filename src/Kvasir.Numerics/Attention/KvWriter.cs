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

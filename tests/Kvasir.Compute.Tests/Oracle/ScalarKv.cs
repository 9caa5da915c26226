using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Compute.Tests.Oracle;

/// <summary>What is stored for a row, value by value, and where (the layout as <see cref="KvLayout"/> documents it).</summary>
internal static unsafe class ScalarKv
{
    /// <summary>The values that attention reads back for one head's keys or values.</summary>
    public static float[] Stored(ReadOnlySpan<float> head, KvDataType type)
    {
        var stored = new float[head.Length];
        for (int d = 0; d < head.Length; d++)
        {
            stored[d] = type switch
            {
                KvDataType.F32 => head[d],
                KvDataType.F16 => Float16.ToSingle(Float16.FromSingle(head[d])),
                KvDataType.BF16 => BFloat16.ToSingle(BFloat16.FromSingle(head[d])),
                KvDataType.Q4_0 => Nibble(head, d) * NibbleScale(head, d),
                _ => Level(head, d) * Scale(head, d),
            };
        }

        return stored;
    }

    /// <summary>Reads one element out of a slice.</summary>
    public static float Read(byte* slice, int slot, int head, int d, bool key, KvLayout layout)
    {
        byte* at = slice + (key ? layout.KeyOffset(head) : layout.ValueOffset(head));
        int element = key ? (slot / 16 * layout.HeadDim * 16) + (d * 16) + (slot % 16) : (slot * layout.HeadDim) + d;
        switch (layout.Type)
        {
            case KvDataType.F32:
                return ((float*)at)[element];
            case KvDataType.F16:
                return Float16.ToSingle(((ushort*)at)[element]);
            case KvDataType.BF16:
                return BFloat16.ToSingle(((ushort*)at)[element]);
            case KvDataType.Q4_0:
                int byteOfRow = (d / 32 * 16) + (d % 16), bytes = layout.HeadDim / 2, of = layout.HeadDim / 32;
                byte both = at[key ? (slot / 16 * bytes * 16) + (byteOfRow * 16) + (slot % 16) : (slot * bytes) + byteOfRow];
                ushort half = ((ushort*)(at + (layout.BlockRows * bytes)))[key ? (slot / 16 * of * 16) + (d / 32 * 16) + (slot % 16) : (slot * of) + (d / 32)];
                return ((d % 32 < 16 ? both % 16 : both / 16) - 8) * Float16.ToSingle(half);
            default:
                float* scales = (float*)(at + (layout.BlockRows * layout.HeadDim));
                int groups = layout.HeadDim / 32;
                int scale = key ? (slot / 16 * groups * 16) + (d / 32 * 16) + (slot % 16) : (slot * groups) + (d / 32);
                return ((sbyte*)at)[element] * scales[scale];
        }
    }

    private static float NibbleScale(ReadOnlySpan<float> head, int d)
    {
        float extreme = 0;
        foreach (float v in head.Slice(d / 32 * 32, 32))
            extreme = MathF.Abs(v) > MathF.Abs(extreme) || float.IsNaN(v) ? v : extreme;
        return Float16.ToSingle(Float16.FromSingle(extreme / -8));
    }

    private static float Nibble(ReadOnlySpan<float> head, int d)
    {
        float scale = NibbleScale(head, d);
        return scale != 0 ? Math.Clamp(MathF.Round(head[d] / scale, MidpointRounding.ToEven), -8, 7) : 0;
    }

    private static float Scale(ReadOnlySpan<float> head, int d)
    {
        float largest = 0;
        foreach (float v in head.Slice(d / 32 * 32, 32))
            largest = MathF.Max(largest, MathF.Abs(v));
        return largest / 127;
    }

    private static float Level(ReadOnlySpan<float> head, int d)
    {
        float scale = Scale(head, d);
        return scale > 0 ? Math.Clamp(MathF.Round(head[d] / scale, MidpointRounding.ToEven), -127, 127) : 0;
    }
}

using Kvasir.Numerics.Attention;

namespace Kvasir.Numerics.Tests.Attention;

/// <summary>Keys of a tile, one element after the other: what they are, whatever the lanes do.</summary>
internal static unsafe class ScalarKeys
{
    /// <summary>Place of a row's dimension in a tile or a group, <c>[rows/16][headDim][16]</c>.</summary>
    public static int At(int row, int d, int headDim) => (((row / 16 * headDim) + d) * 16) + (row % 16);

    /// <summary>One stored element, widened.</summary>
    public static float Read(byte* keys, int slot, int d, KvLayout layout)
    {
        int element = At(slot, d, layout.HeadDim);
        switch (layout.Type)
        {
            case KvDataType.F32:
                return ((float*)keys)[element];
            case KvDataType.F16:
                return Float16.ToSingle(((ushort*)keys)[element]);
            case KvDataType.BF16:
                return BFloat16.ToSingle(((ushort*)keys)[element]);
            case KvDataType.Q4_0:
                int half = At(slot, (d / 32 * 16) + (d % 16), layout.HeadDim / 2);
                var halves = (ushort*)(keys + (layout.BlockRows * layout.HeadDim / 2));
                return ((d % 32 < 16 ? keys[half] % 16 : keys[half] / 16) - 8) * Float16.ToSingle(halves[At(slot, d / 32, layout.HeadDim / 32)]);
            default:
                float* scales = (float*)(keys + (layout.BlockRows * layout.HeadDim));
                return ((sbyte*)keys)[element] * scales[At(slot, d / 32, layout.HeadDim / 32)];
        }
    }

    /// <summary>Rotates one row of a tile.</summary>
    public static void Rotate(Span<float> tile, int row, int headDim, ReadOnlySpan<float> cosSin)
    {
        int half = cosSin.Length / 2;
        for (int i = 0; i < half; i++)
        {
            ref float a = ref tile[At(row, i, headDim)], b = ref tile[At(row, half + i, headDim)];
            float x = a, y = b;
            a = MathF.FusedMultiplyAdd(x, cosSin[i], 0 - (y * cosSin[half + i]));
            b = MathF.FusedMultiplyAdd(y, cosSin[i], x * cosSin[half + i]);
        }
    }
}

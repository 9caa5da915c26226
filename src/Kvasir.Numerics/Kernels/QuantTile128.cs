using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Kernels;

/// <summary>128-bit vectors by the portable API: 32-bit products, four columns at a time.</summary>
internal readonly unsafe struct QuantTile128 : IQuantTile
{
    public static int MaxRows => 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TFormat>(PackedPart part, int panel, ActivationBlocks x, int row, int rows, int firstBlock, int endBlock, float* y)
        where TFormat : struct, IQuantFormat
    {
        for (var column = 0; column < 32; column += 4)
            Columns<TFormat>(part, part.Panel(panel + (column / 16)), column % 16 / 4, x, row, firstBlock, endBlock, y + column);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns<TFormat>(
        PackedPart part, byte* panel, int quarter, ActivationBlocks x, int row, int firstBlock, int endBlock, float* y)
        where TFormat : struct, IQuantFormat
    {
        var scales = (ushort*)(panel + part.ScaleOffset) + (4 * quarter);
        var minima = (ushort*)(panel + part.MinimumOffset) + (4 * quarter);
        var mask = Vector128.Create(0xFF);
        Vector128<float> chain = default;
        for (var block = firstBlock; block < endBlock; block++)
        {
            var at = (row * x.Blocks) + block;
            var q = x.Bytes + ((long)at * 32);
            Vector128<int> sum = default;
            for (var g = 0; g < 8; g++)
            {
                var w = TFormat.Group128(panel + (block * TFormat.ValueBytes), panel + part.HighOffset + (block * 64), g, quarter).AsInt32();
                sum += (w & mask) * q[4 * g];
                sum += ((w >>> 8) & mask) * q[(4 * g) + 1];
                sum += ((w >>> 16) & mask) * q[(4 * g) + 2];
                sum += (w >>> 24) * q[(4 * g) + 3];
            }

            if (!TFormat.HasMinimum)
                sum -= Vector128.Create(TFormat.Offset * x.Sums[at]);
            var scale = Scale(scales + (block * 16)) * Vector128.Create(x.Scales[at]);
            chain = Vector128.FusedMultiplyAdd(Vector128.ConvertToSingle(sum), scale, chain);
            if (TFormat.HasMinimum)
                chain = Vector128.FusedMultiplyAdd(Scale(minima + (block * 16)), Vector128.Create(x.Scales[at] * x.Sums[at]), chain);
        }

        chain.Store(y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Scale(ushort* scales) =>
        Half16.Widen(Vector128.WidenLower(Vector64.Load((short*)scales).ToVector128Unsafe()));
}

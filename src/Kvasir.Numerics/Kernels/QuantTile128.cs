using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Kernels;

/// <summary>128-bit vectors by the portable API: 32-bit products, four columns at a time.</summary>
internal readonly unsafe struct QuantTile128 : IQuantTile
{
    public static int MaxRows => 1;

    public static bool UsesWords => false;

    public static void Run<TFormat>(in QuantTileCall call)
        where TFormat : struct, IQuantFormat
    {
        for (var column = 0; column < 32 * call.Panels; column += 4)
            Columns<TFormat>(call, call.Part.Panel(call.Panel + (column / 32)), column % 32 / 4, call.Y + column);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns<TFormat>(in QuantTileCall call, byte* panel, int eighth, float* y)
        where TFormat : struct, IQuantFormat
    {
        var layout = TFormat.Layout;
        var x = call.X.Data + ((long)call.Row * call.X.Blocks);
        var mask = Vector128.Create(0xFF);
        var chain = call.Resume ? Vector128.Load(y) : default;
        for (var block = call.FirstBlock; block < call.EndBlock; block++)
        {
            var weights = panel + ((long)block * layout.Bytes);
            var q = x[block].Values;
            Vector128<int> sum = default;
            for (var g = 0; g < 8; g++)
            {
                var w = TFormat.Group128(weights, g, eighth).AsInt32();
                sum += (w & mask) * q[4 * g];
                sum += ((w >>> 8) & mask) * q[(4 * g) + 1];
                sum += ((w >>> 16) & mask) * q[(4 * g) + 2];
                sum += (w >>> 24) * q[(4 * g) + 3];
            }

            if (!TFormat.HasMinimum)
                sum -= Vector128.Create(TFormat.Offset * x[block].Sum);
            var scale = Scale((ushort*)(weights + layout.Scales) + (4 * eighth)) * Vector128.Create(x[block].Scale);
            chain = Vector128.FusedMultiplyAdd(Vector128.ConvertToSingle(sum), scale, chain);
            if (TFormat.HasMinimum)
                chain = Vector128.FusedMultiplyAdd(Scale((ushort*)(weights + layout.Minima) + (4 * eighth)), Vector128.Create(x[block].Scale * x[block].Sum), chain);
        }

        chain.Store(y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Scale(ushort* scales) =>
        Half16.Widen(Vector128.WidenLower(Vector64.Load((short*)scales).ToVector128Unsafe()));
}

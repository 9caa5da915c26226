using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Numerics.Kernels;

/// <summary>128-bit vectors by the portable API: 32-bit products, four columns at a time.</summary>
internal readonly unsafe struct BlockDot128 : IBlockDot
{
    public static bool UsesWords => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(QuantForm form, UnpackedBlock* weights, ActivationBlocks x, int row, int rows, int block, float* chains, int stride)
    {
        var mask = Vector128.Create(0xFF);
        var groups = 8 / form.ScalesPerBlock;
        for (var r = 0; r < rows; r++, chains += stride)
        {
            var a = x.Data + ((long)(row + r) * x.Blocks) + block;
            for (var scale = 0; scale < form.ScalesPerBlock; scale++)
            {
                var correction = Vector128.Create(form.Offset * a->NegativeSum(scale, form.ScalesPerBlock));
                for (var column = 0; column < 32; column += 4)
                {
                    var sum = correction;
                    for (var g = groups * scale; g < groups * (scale + 1); g++)
                    {
                        var w = Vector128.Load(weights->Values + (g * 128) + (column * 4)).AsInt32();
                        var q = a->Values + (4 * g);
                        sum += (w & mask) * q[0];
                        sum += ((w >>> 8) & mask) * q[1];
                        sum += ((w >>> 16) & mask) * q[2];
                        sum += (w >>> 24) * q[3];
                    }

                    var at = (scale * 32) + column;
                    var chain = Vector128.FusedMultiplyAdd(
                        Vector128.ConvertToSingle(sum), Vector128.Load(weights->Scales + at) * Vector128.Create(a->Scale), Vector128.Load(chains + column));
                    if (form.HasMinimum)
                        chain = Vector128.FusedMultiplyAdd(Vector128.Load(weights->Minima + at), Vector128.Create(a->Scale * a->SumOf(scale, form.ScalesPerBlock)), chain);
                    chain.Store(chains + column);
                }
            }
        }
    }
}

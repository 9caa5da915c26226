using System.Runtime.CompilerServices;
using Kvasir.Numerics.Lanes;
using Kvasir.Numerics.Workers;

namespace Kvasir.Numerics.Fusion;

/// <summary>Runs kernels, in lanes of this machine's width, on one thread or on a pool's. Allocates nothing.</summary>
public static class Launch
{
    private static readonly InstructionSet Best = InstructionSets.Best;

    /// <summary>Computes all points.</summary>
    /// <param name="kernel">
    /// A completed chain, or several. By reference, as everywhere here: a copy, with the lanes of all its constants, takes longer than a
    /// short row. It is not changed.
    /// </param>
    /// <param name="pool">Whose threads share the work; null: the caller's alone. Bits do not depend on it.</param>
    /// <param name="path">A path to force; bits do not depend on it either.</param>
    public static void Run<TKernel>(ref TKernel kernel, WorkerPool? pool = null, InstructionSet? path = null)
        where TKernel : unmanaged, IKernel
    {
        if (pool is null || pool.Threads == 1)
            On(ref kernel, Region.Of(kernel.Extent), path ?? Best);
        else
            Share(ref kernel, pool, path ?? Best);
    }

    /// <summary>Computes a part.</summary>
    internal static void On<TKernel>(ref TKernel kernel, in Region region, InstructionSet path)
        where TKernel : unmanaged, IKernel
    {
        switch (path)
        {
            case InstructionSet.Avx512:
                kernel.Run<Lanes512>(region);
                break;
            case InstructionSet.Avx2 or InstructionSet.AvxVnni:
                kernel.Run<Lanes256>(region);
                break;
            default:
                kernel.Run<Lanes128>(region);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Share<TKernel>(ref TKernel kernel, WorkerPool pool, InstructionSet path)
        where TKernel : unmanaged, IKernel
    {
        var job = new Pieces<TKernel>(kernel, kernel.Extent, path);
        pool.Run(ref job, job.Count);
    }
}

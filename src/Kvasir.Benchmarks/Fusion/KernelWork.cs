using Kvasir.Numerics.Fusion;

namespace Kvasir.Benchmarks.Fusion;

/// <summary>A launch of a kernel that was built before.</summary>
internal readonly struct KernelWork<TKernel>(TKernel kernel) : IWork
    where TKernel : unmanaged, IKernel
{
    public void Run() => kernel.Run();
}

using Kvasir.Numerics.Fusion;

namespace Kvasir.Benchmarks.Fusion;

/// <summary>A launch of a kernel that was built before.</summary>
internal struct KernelWork<TKernel>(TKernel kernel) : IWork
    where TKernel : unmanaged, IKernel
{
    public void Run() => Launch.Run(ref kernel);
}

using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Fusion;

/// <summary>
/// A data-parallel pattern over complete chains: which points are computed, in which order, what happens in tails. It has no
/// arithmetic. <see cref="Launch"/> runs it.
/// </summary>
public interface IKernel
{
    /// <summary>All points, with no size left open.</summary>
    Extent Extent { get; }

    /// <summary>Computes a part. It may use the kernel's own fields on the way: each thread has a copy.</summary>
    void Run<T>(in Region region)
        where T : unmanaged, ILanes<T>;
}

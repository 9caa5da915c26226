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

    /// <summary>Computes a part, without changing the kernel: other threads compute other parts of the same.</summary>
    void Run<T>(in Region region)
        where T : unmanaged, ILanes<T>;
}

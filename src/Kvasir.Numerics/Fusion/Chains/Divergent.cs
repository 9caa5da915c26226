using System.Runtime.CompilerServices;
using Kvasir.Numerics.Workers;

namespace Kvasir.Numerics.Fusion;

/// <summary>Different kernels in one launch; a plane follows one of them. More than two: the second is divergent itself.</summary>
public struct Divergent<TFirst, TSecond, TSelector>(TFirst first, TSecond second, TSelector selector) : IKernel
    where TFirst : unmanaged, IKernel
    where TSecond : unmanaged, IKernel
    where TSelector : unmanaged, ISelector
{
    private TFirst _first = first;
    private TSecond _second = second;
    private TSelector _selector = selector;

    public readonly Extent Extent
    {
        get
        {
            var (a, b) = (Unsafe.AsRef(in _first).Extent, Unsafe.AsRef(in _second).Extent);
            return new(Math.Max(a.Width, b.Width), Math.Max(a.Height, b.Height), checked(a.Planes + b.Planes));
        }
    }

    /// <inheritdoc cref="Launch.Run"/>
    public readonly void Run(WorkerPool? pool = null, InstructionSet? path = null) => Launch.Run(ref Unsafe.AsRef(in this), pool, path);

    readonly void IKernel.Run<T>(in Region region)
    {
        ref var first = ref Unsafe.AsRef(in _first);
        ref var second = ref Unsafe.AsRef(in _second);
        for (var z = region.Front; z < region.Back; z++)
        {
            var (isSecond, plane) = _selector.Select(z);
            if (isSecond)
                second.Run<T>(region.Clip(plane, second.Extent));
            else
                first.Run<T>(region.Clip(plane, first.Extent));
        }
    }
}

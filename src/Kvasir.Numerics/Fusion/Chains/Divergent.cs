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

    public Extent Extent
    {
        get
        {
            var (a, b) = (_first.Extent, _second.Extent);
            return new(Math.Max(a.Width, b.Width), Math.Max(a.Height, b.Height), checked(a.Planes + b.Planes));
        }
    }

    void IKernel.Run<T>(in Region region)
    {
        for (var z = region.Front; z < region.Back; z++)
        {
            var (isSecond, plane) = _selector.Select(z);
            if (isSecond)
                _second.Run<T>(region.Clip(plane, _second.Extent));
            else
                _first.Run<T>(region.Clip(plane, _first.Extent));
        }
    }
}

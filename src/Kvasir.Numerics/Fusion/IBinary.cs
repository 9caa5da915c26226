using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Fusion;

/// <summary>
/// An <see cref="IUnary">operation</see> with a parameter, which is a read of its own: a constant, a row, one value a plane, a chain.
/// </summary>
public interface IBinary
{
    static abstract T Exec<T>(T x, T y)
        where T : unmanaged, ILanes<T>;
}

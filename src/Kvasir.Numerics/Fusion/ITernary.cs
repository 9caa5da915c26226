using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Fusion;

/// <summary>An <see cref="IUnary">operation</see> with two parameters, each of which is a read of its own.</summary>
public interface ITernary
{
    static abstract T Exec<T>(T x, T y, T z)
        where T : unmanaged, ILanes<T>;
}

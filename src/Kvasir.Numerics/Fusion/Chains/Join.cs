using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>Two steps as one.</summary>
public struct Join<TFirst, TSecond>(TFirst first, TSecond second) : IStep
    where TFirst : unmanaged, IStep
    where TSecond : unmanaged, IStep
{
    private TFirst _first = first;
    private TSecond _second = second;

    public Extent Extent => Extent.Combine(_first.Extent, _second.Extent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IStep.Enter(int y, int z)
    {
        _first.Enter(y, z);
        _second.Enter(y, z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T IStep.Exec<T>(T value, long x) => _second.Exec(_first.Exec(value, x), x);
}

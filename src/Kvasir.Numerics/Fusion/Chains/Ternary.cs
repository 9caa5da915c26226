using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>An operation and the reads of its two parameters as a step.</summary>
public struct Ternary<TOperation, TSecond, TThird>(TSecond second, TThird third) : IStep
    where TOperation : unmanaged, ITernary
    where TSecond : unmanaged, IRead
    where TThird : unmanaged, IRead
{
    private TSecond _second = second;
    private TThird _third = third;

    public Extent Extent => Extent.Combine(_second.Extent, _third.Extent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IStep.Enter(int y, int z)
    {
        _second.Enter(y, z);
        _third.Enter(y, z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T IStep.Exec<T>(T value, long x) => TOperation.Exec(value, _second.Read<T>(x), _third.Read<T>(x));
}

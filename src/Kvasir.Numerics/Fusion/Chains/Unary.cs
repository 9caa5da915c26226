using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>An operation without parameters as a step.</summary>
public readonly struct Unary<TOperation> : IStep
    where TOperation : unmanaged, IUnary
{
    public Extent Extent => Extent.Any;

    void IStep.Enter(int y, int z)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T IStep.Exec<T>(T value, long x) => TOperation.Exec(value);
}

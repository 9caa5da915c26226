using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>An operation and the read of its parameter as a step.</summary>
public struct Binary<TOperation, TOperand>(TOperand operand) : IStep
    where TOperation : unmanaged, IBinary
    where TOperand : unmanaged, IRead
{
    private TOperand _operand = operand;

    public Extent Extent => _operand.Extent;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IStep.Enter(int y, int z) => _operand.Enter(y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T IStep.Exec<T>(T value, long x) => TOperation.Exec(value, _operand.Read<T>(x));
}

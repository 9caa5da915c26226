using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>A chain and the parameter of its next operation.</summary>
public struct With<TRead, TOperand>
    where TRead : unmanaged, IRead
    where TOperand : unmanaged, IRead
{
    private readonly Chain<TRead> _chain;
    private TOperand _operand;

    internal With(Chain<TRead> chain, TOperand operand) => (_chain, _operand) = (chain, operand);

    /// <summary>Names the operation.</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Chain<Then<TRead, Binary<TOperation, TOperand>>> Then<TOperation>()
        where TOperation : unmanaged, IBinary => _chain.Then(new Binary<TOperation, TOperand>(_operand));
}

/// <summary>A chain and the two parameters of its next operation.</summary>
public struct With<TRead, TSecond, TThird>
    where TRead : unmanaged, IRead
    where TSecond : unmanaged, IRead
    where TThird : unmanaged, IRead
{
    private readonly Chain<TRead> _chain;
    private TSecond _second;
    private TThird _third;

    internal With(Chain<TRead> chain, TSecond second, TThird third) => (_chain, _second, _third) = (chain, second, third);

    /// <summary>Names the operation.</summary>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Chain<Then<TRead, Ternary<TOperation, TSecond, TThird>>> Then<TOperation>()
        where TOperation : unmanaged, ITernary => _chain.Then(new Ternary<TOperation, TSecond, TThird>(_second, _third));
}

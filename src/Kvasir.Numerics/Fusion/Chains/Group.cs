using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>Steps with two open ends, to be used in several chains.</summary>
/// <remarks>
/// Groups of groups are a balanced tree, in which the runtime inlines more operations than in a chain that grows at its end: it gives
/// up at a nesting of twenty calls.
/// </remarks>
public struct Group<TStep>(TStep step) : IStep
    where TStep : unmanaged, IStep
{
    private TStep _step = step;

    public Extent Extent => _step.Extent;

    /// <summary>Applies an operation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Group<Join<TStep, Unary<TOperation>>> Then<TOperation>()
        where TOperation : unmanaged, IUnary => Then(default(Unary<TOperation>));

    /// <summary>Applies an operation with a constant.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Group<Join<TStep, Binary<TOperation, Constant>>> Then<TOperation>(float y)
        where TOperation : unmanaged, IBinary => Then(new Binary<TOperation, Constant>(new Constant(y)));

    /// <summary>Applies a step, or another group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Group<Join<TStep, TNext>> Then<TNext>(TNext next)
        where TNext : unmanaged, IStep
    {
        _ = Extent.Combine(Extent, next.Extent);
        return new(new Join<TStep, TNext>(_step, next));
    }

    /// <summary>The group, several times.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is negative.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Group<Repeat<TStep>> Repeat(int times)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(times);
        return new(new Repeat<TStep>(_step, times));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IStep.Enter(int y, int z) => _step.Enter(y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T IStep.Exec<T>(T value, long x) => _step.Exec(value, x);
}

/// <summary>Beginnings of groups.</summary>
public static class Group
{
    /// <summary>An operation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Group<Unary<TOperation>> Of<TOperation>()
        where TOperation : unmanaged, IUnary => default;

    /// <summary>An operation with a constant.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Group<Binary<TOperation, Constant>> Of<TOperation>(float y)
        where TOperation : unmanaged, IBinary => new(new Binary<TOperation, Constant>(new Constant(y)));

    /// <summary>An operation with the values of a chain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Group<Binary<TOperation, TOperand>> Of<TOperation, TOperand>(Chain<TOperand> operand)
        where TOperation : unmanaged, IBinary
        where TOperand : unmanaged, IRead => new(new Binary<TOperation, TOperand>(operand.Head));
}

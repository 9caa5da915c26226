using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>
/// A chain with an open end. Each call returns a longer one; <see cref="To(float*)"/> ends it, and <see cref="Closed{TRead, TWrite}.Run"/>
/// runs it in one pass, without memory between the operations.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Every value between two operations is a binary32, rounded once by each operation: a fused chain has the bits of its operations
/// one by one.</item>
/// <item>A chain may write over what it reads if every point reads only itself. Behind a <see cref="IReadBack{TSelf}"/> it would read what
/// it has written, and with threads that is a race.</item>
/// <item>What stands before a <see cref="IReadBack{TSelf}"/> is computed as often as it is pulled: four times for a <see cref="Resize"/>.</item>
/// <item>The runtime inlines about a dozen operations into one loop, two dozen in a <see cref="Group{TStep}"/> of groups. Longer chains:
/// <see cref="Strip{TStep}"/>.</item>
/// </list>
/// </remarks>
public unsafe struct Chain<TRead>
    where TRead : unmanaged, IRead
{
    internal TRead Head;

    internal Chain(TRead head, Extent extent) => (Head, Extent) = (head, extent);

    /// <summary>Points of the chain.</summary>
    public Extent Extent { get; }

    /// <summary>Applies an operation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Chain<Then<TRead, Unary<TOperation>>> Then<TOperation>()
        where TOperation : unmanaged, IUnary => Then(default(Unary<TOperation>));

    /// <summary>Applies an operation with a constant.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Chain<Then<TRead, Binary<TOperation, Constant>>> Then<TOperation>(float y)
        where TOperation : unmanaged, IBinary => Then(new Binary<TOperation, Constant>(new Constant(y)));

    /// <summary>Applies an operation with two constants.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Chain<Then<TRead, Ternary<TOperation, Constant, Constant>>> Then<TOperation>(float y, float z)
        where TOperation : unmanaged, ITernary => Then(new Ternary<TOperation, Constant, Constant>(new Constant(y), new Constant(z)));

    /// <summary>Applies a step, or a <see cref="Group{TStep}"/> of steps.</summary>
    /// <exception cref="ArgumentException">Its parameters are for another extent.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Chain<Then<TRead, TStep>> Then<TStep>(TStep step)
        where TStep : unmanaged, IStep
    {
        var extent = Extent.Combine(Extent, step.Extent);
        return new(new Then<TRead, TStep>(Head, step), extent);
    }

    /// <summary>The values of another chain, as the parameter of the operation that is named next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public With<TRead, TOperand> With<TOperand>(Chain<TOperand> operand)
        where TOperand : unmanaged, IRead => new(this, operand.Head);

    /// <summary>The values of two chains, as the parameters of the operation that is named next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public With<TRead, TSecond, TThird> With<TSecond, TThird>(Chain<TSecond> second, Chain<TThird> third)
        where TSecond : unmanaged, IRead
        where TThird : unmanaged, IRead => new(this, second.Head, third.Head);

    /// <summary>Reads this chain only where the operation asks for it (back fusion). Its points take the place of this chain's.</summary>
    /// <exception cref="ArgumentException">The operation does not fit the chain's extent.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Chain<ReadBack<TOperation, TRead>> Back<TOperation>(TOperation operation)
        where TOperation : unmanaged, IReadBack<TOperation>
    {
        var completed = operation.Complete(Extent);
        return new(new ReadBack<TOperation, TRead>(completed, Head), completed.Over(Extent));
    }

    /// <summary>Also writes the value as it is here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Chain<Then<TRead, MidWrite<TWrite>>> Also<TWrite>(TWrite write)
        where TWrite : unmanaged, IWrite => Then(new MidWrite<TWrite>(write));

    /// <summary>Ends the loop here and goes on with a loop for the step, strip by strip: for long chains.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Strips<NextStage<FirstStage<TRead>, TStep>> Strip<TStep>(TStep step)
        where TStep : unmanaged, IStep => new Strips<FirstStage<TRead>>(new FirstStage<TRead>(Head), Extent).Strip(step);

    /// <summary>Writes to contiguous floats, <c>[planes, height, width]</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Closed<TRead, Target> To(float* destination) => To(Target.Contiguous(destination, Extent));

    /// <summary>Completes the chain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Closed<TRead, TWrite> To<TWrite>(TWrite write)
        where TWrite : unmanaged, IWrite => new(Head, write, Extent.Combine(Extent, write.Extent).Resolve());
}

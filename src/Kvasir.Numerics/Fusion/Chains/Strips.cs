using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>A chain of several loops, which hand strips of it to each other in the first-level cache.</summary>
public unsafe struct Strips<TStage>
    where TStage : unmanaged, IStage
{
    private TStage _stage;

    internal Strips(TStage stage, Extent extent) => (_stage, Extent) = (stage, extent);

    /// <summary>Points of the chain.</summary>
    public Extent Extent { get; }

    /// <summary>Another loop, for a step or a group of up to about a dozen.</summary>
    /// <exception cref="ArgumentException">Its parameters are for another extent.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Strips<NextStage<TStage, TStep>> Strip<TStep>(TStep step)
        where TStep : unmanaged, IStep
    {
        var extent = Extent.Combine(Extent, step.Extent);
        return new(new NextStage<TStage, TStep>(_stage, step), extent);
    }

    /// <summary>Writes to contiguous floats, <c>[planes, height, width]</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Staged<TStage, Target> To(float* destination) => To(Target.Contiguous(destination, Extent));

    /// <summary>Completes the chain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Staged<TStage, TWrite> To<TWrite>(TWrite write)
        where TWrite : unmanaged, IWrite => new(_stage, write, Extent.Combine(Extent, write.Extent).Resolve());
}

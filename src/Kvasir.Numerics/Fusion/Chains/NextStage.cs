using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>Applies a step to the strip.</summary>
public unsafe struct NextStage<TStage, TStep>(TStage before, TStep step) : IStage
    where TStage : unmanaged, IStage
    where TStep : unmanaged, IStep
{
    private readonly TStage _before = before;
    private TStep _step = step;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    readonly void IStage.Fill<T>(float* strip, long x, int y, int z, int count)
    {
        _before.Fill<T>(strip, x, y, z, count);
        var step = _step;
        step.Enter(y, z);
        for (var i = 0; i < count; i += T.Count)
            T.Store(step.Exec(T.Load(strip + i), x + i), strip + i);
    }
}

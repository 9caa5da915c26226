using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>Applies a step to the strip.</summary>
public unsafe struct NextStage<TStage, TStep>(TStage before, TStep step) : IStage
    where TStage : unmanaged, IStage
    where TStep : unmanaged, IStep
{
    private TStage _before = before;
    private TStep _step = step;

    void IStage.Enter(int y, int z)
    {
        _before.Enter(y, z);
        _step.Enter(y, z);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    void IStage.Fill<T>(float* strip, long x, int count)
    {
        _before.Fill<T>(strip, x, count);
        var step = _step;
        for (var i = 0; i < count; i += T.Count)
            T.Store(step.Exec(T.Load(strip + i), x + i), strip + i);
    }
}

using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>A step, several times (the paper's StaticLoop; the number is a parameter here, so that it makes no further type).</summary>
public struct Repeat<TStep>(TStep step, int times) : IStep
    where TStep : unmanaged, IStep
{
    private TStep _step = step;
    private readonly int _times = times;

    public Extent Extent => _step.Extent;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IStep.Enter(int y, int z) => _step.Enter(y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T IStep.Exec<T>(T value, long x)
    {
        for (var i = 0; i < _times; i++)
            value = _step.Exec(value, x);
        return value;
    }
}

using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>A read with a step behind it: again a read.</summary>
public struct Then<TRead, TStep>(TRead read, TStep step) : IRead
    where TRead : unmanaged, IRead
    where TStep : unmanaged, IStep
{
    private TRead _read = read;
    private TStep _step = step;

    public Extent Extent => Extent.Combine(_read.Extent, _step.Extent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IRead.Enter(int y, int z)
    {
        _read.Enter(y, z);
        _step.Enter(y, z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T IRead.Read<T>(long x) => _step.Exec(_read.Read<T>(x), x);
}

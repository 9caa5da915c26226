using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>A side output: writes the value and hands it on.</summary>
public struct MidWrite<TWrite>(TWrite write) : IStep
    where TWrite : unmanaged, IWrite
{
    private TWrite _write = write;

    public Extent Extent => _write.Extent;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IStep.Enter(int y, int z) => _write.Enter(y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    T IStep.Exec<T>(T value, long x)
    {
        _write.Write(value, x);
        return value;
    }
}

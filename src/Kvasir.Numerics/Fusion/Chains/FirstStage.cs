using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>Reads into the strip.</summary>
public unsafe struct FirstStage<TRead>(TRead read) : IStage
    where TRead : unmanaged, IRead
{
    private TRead _read = read;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    readonly void IStage.Fill<T>(float* strip, long x, int y, int z, int count)
    {
        var read = _read;
        read.Enter(y, z);
        for (var i = 0; i < count; i += T.Count)
            T.Store(read.Read<T>(x + i), strip + i);
    }
}

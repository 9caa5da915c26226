using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>One value for each plane: a batched parameter.</summary>
/// <param name="values">As many as there are planes; the caller's.</param>
/// <param name="planes">Planes.</param>
public unsafe struct PerPlane(float* values, int planes) : IRead
{
    private float _value;

    public readonly Extent Extent => new(0, 0, planes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void IRead.Enter(int y, int z) => _value = values[z];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    readonly T IRead.Read<T>(long x) => T.Broadcast(_value);
}

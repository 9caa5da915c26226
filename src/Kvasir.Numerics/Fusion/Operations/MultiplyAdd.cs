using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>x * y + z, rounded once.</summary>
public readonly struct MultiplyAdd : ITernary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T ITernary.Exec<T>(T x, T y, T z) => T.Fma(x, y, z);
}

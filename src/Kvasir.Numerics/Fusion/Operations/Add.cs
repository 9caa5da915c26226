using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>x + y.</summary>
public readonly struct Add : IBinary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IBinary.Exec<T>(T x, T y) => x + y;
}

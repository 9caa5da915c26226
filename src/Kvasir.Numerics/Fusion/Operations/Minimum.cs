using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>x &lt; y ? x : y.</summary>
public readonly struct Minimum : IBinary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IBinary.Exec<T>(T x, T y) => T.SelectLess(x, y, x, y);
}

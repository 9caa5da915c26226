using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>x &gt; y ? x : y.</summary>
public readonly struct Maximum : IBinary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IBinary.Exec<T>(T x, T y) => T.Max(x, y);
}

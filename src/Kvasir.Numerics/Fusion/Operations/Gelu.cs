using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>x / 2 * (1 + erf(x / sqrt 2)).</summary>
public readonly struct Gelu : IUnary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IUnary.Exec<T>(T x) => T.Broadcast(0.5f) * x * (T.Broadcast(1f) + Elementary.Erf(x * T.Broadcast(0.70710678f)));
}

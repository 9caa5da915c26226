using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>x / (1 + e^-x): <see cref="Elementary.Silu(float)"/>.</summary>
public readonly struct Silu : IUnary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IUnary.Exec<T>(T x) => Elementary.Silu(x);
}

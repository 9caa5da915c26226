using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>e^x: <see cref="Elementary.Exp(float)"/>.</summary>
public readonly struct Exp : IUnary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IUnary.Exec<T>(T x) => Elementary.Exp(x);
}

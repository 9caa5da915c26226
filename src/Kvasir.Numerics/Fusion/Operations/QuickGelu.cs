using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>x / (1 + e^(-1.702 x)).</summary>
public readonly struct QuickGelu : IUnary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IUnary.Exec<T>(T x) => x / (T.Broadcast(1f) + Elementary.Exp(T.Broadcast(-1.702f) * x));
}

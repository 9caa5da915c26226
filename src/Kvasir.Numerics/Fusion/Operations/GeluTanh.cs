using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x³))).</summary>
public readonly struct GeluTanh : IUnary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IUnary.Exec<T>(T x)
    {
        var inner = T.Broadcast(0.7978845608f) * T.Fma(T.Broadcast(0.044715f) * x * x, x, x);
        return T.Broadcast(0.5f) * x * (T.Broadcast(1f) + Elementary.Tanh(inner));
    }
}

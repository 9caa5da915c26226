using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>x / (1 + e^(-1.702 x)) * (y + 1), with x at most 7 and y between -7 and 7 (gpt-oss).</summary>
public readonly struct ClampedSwiglu : IBinary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IBinary.Exec<T>(T x, T y)
    {
        var limit = T.Broadcast(7f);
        var lowest = T.Broadcast(-7f);
        var gate = T.SelectLess(limit, x, limit, x);
        var up = T.SelectLess(limit, y, limit, T.SelectLess(y, lowest, lowest, y));
        return gate / (T.Broadcast(1f) + Elementary.Exp(T.Broadcast(-1.702f) * gate)) * (up + T.Broadcast(1f));
    }
}

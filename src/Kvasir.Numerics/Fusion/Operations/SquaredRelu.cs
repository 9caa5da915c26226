using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>max(x, 0)².</summary>
public readonly struct SquaredRelu : IUnary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IUnary.Exec<T>(T x)
    {
        var positive = T.SelectLess(x, T.Broadcast(0f), T.Broadcast(0f), x);
        return positive * positive;
    }
}

using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>max(x, 0); what is not a number stays that.</summary>
public readonly struct Relu : IUnary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IUnary.Exec<T>(T x) => T.SelectLess(x, T.Broadcast(0f), T.Broadcast(0f), x);
}

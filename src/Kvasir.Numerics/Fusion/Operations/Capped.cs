using System.Runtime.CompilerServices;

namespace Kvasir.Numerics.Fusion;

/// <summary>y * tanh(x / y): values that cannot pass y (Gemma 2, 2024).</summary>
public readonly struct Capped : IBinary
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IBinary.Exec<T>(T x, T y) => y * Elementary.Tanh(x / y);
}

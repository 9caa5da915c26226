using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Numerics.Lanes;

/// <summary>Exact widening of binary16 values that lie zero-extended in 32-bit lanes (.NET has no F16C).</summary>
internal static class Half16
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen(Vector512<uint> bits)
    {
        // Moved into place the bits are the value times 2^-112, subnormals included; infinities and NaN get the largest exponent.
        var magnitude = (bits & Vector512.Create(0x7FFFu)) << 13;
        var sign = (bits & Vector512.Create(0x8000u)) << 16;
        var finite = (magnitude.AsSingle() * Vector512.Create(5.192296858534828e33f)).AsUInt32();
        var special = magnitude | Vector512.Create(0x7F80_0000u);
        var isFinite = Vector512.LessThan(magnitude, Vector512.Create(0x0F80_0000u));
        return (Vector512.ConditionalSelect(isFinite, finite, special) | sign).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Widen(Vector256<uint> bits)
    {
        // Moved into place the bits are the value times 2^-112, subnormals included; infinities and NaN get the largest exponent.
        var magnitude = (bits & Vector256.Create(0x7FFFu)) << 13;
        var sign = (bits & Vector256.Create(0x8000u)) << 16;
        var finite = (magnitude.AsSingle() * Vector256.Create(5.192296858534828e33f)).AsUInt32();
        var special = magnitude | Vector256.Create(0x7F80_0000u);
        var isFinite = Vector256.LessThan(magnitude, Vector256.Create(0x0F80_0000u));
        return (Vector256.ConditionalSelect(isFinite, finite, special) | sign).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Widen(Vector128<uint> bits)
    {
        // Moved into place the bits are the value times 2^-112, subnormals included; infinities and NaN get the largest exponent.
        var magnitude = (bits & Vector128.Create(0x7FFFu)) << 13;
        var sign = (bits & Vector128.Create(0x8000u)) << 16;
        var finite = (magnitude.AsSingle() * Vector128.Create(5.192296858534828e33f)).AsUInt32();
        var special = magnitude | Vector128.Create(0x7F80_0000u);
        var isFinite = Vector128.LessThan(magnitude, Vector128.Create(0x0F80_0000u));
        return (Vector128.ConditionalSelect(isFinite, finite, special) | sign).AsSingle();
    }
}

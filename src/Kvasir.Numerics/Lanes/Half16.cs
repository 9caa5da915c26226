using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Numerics.Lanes;

/// <summary>
/// Exact widening of binary16 values that lie in 32-bit lanes, sign-extended or not (.NET has no F16C).
/// </summary>
/// <remarks>
/// Moved into place the bits are the value times 2^-112, subnormals included, so that a multiplication gives the value; infinities and
/// NaN, which come out at 2^16 and above, get the largest exponent.
/// </remarks>
internal static class Half16
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen(Vector512<int> signExtended)
    {
        var finite = ((signExtended << 13) & Vector512.Create(unchecked((int)0x8FFF_E000))).AsSingle() * Vector512.Create(5.192296858534828e33f);
        var exponent = Vector512.Create(0x7C00);
        var special = Vector512.Equals(signExtended & exponent, exponent).AsSingle();
        return Vector512.ConditionalSelect(special, finite | Vector512.Create(float.PositiveInfinity), finite);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Widen(Vector256<int> signExtended)
    {
        var finite = ((signExtended << 13) & Vector256.Create(unchecked((int)0x8FFF_E000))).AsSingle() * Vector256.Create(5.192296858534828e33f);
        var exponent = Vector256.Create(0x7C00);
        var special = Vector256.Equals(signExtended & exponent, exponent).AsSingle();
        return Vector256.ConditionalSelect(special, finite | Vector256.Create(float.PositiveInfinity), finite);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Widen(Vector128<int> signExtended)
    {
        var finite = ((signExtended << 13) & Vector128.Create(unchecked((int)0x8FFF_E000))).AsSingle() * Vector128.Create(5.192296858534828e33f);
        var exponent = Vector128.Create(0x7C00);
        var special = Vector128.Equals(signExtended & exponent, exponent).AsSingle();
        return Vector128.ConditionalSelect(special, finite | Vector128.Create(float.PositiveInfinity), finite);
    }
}

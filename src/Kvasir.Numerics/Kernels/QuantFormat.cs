using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Numerics.Kernels;

/// <summary>How the unsigned values of a packed block are read: group g is 64 bytes, four k of sixteen columns.</summary>
internal unsafe interface IQuantFormat
{
    /// <summary>Bytes of a block's values.</summary>
    static abstract int ValueBytes { get; }

    /// <summary>Subtracted from every value.</summary>
    static abstract int Offset { get; }

    /// <summary>True when blocks have a minimum.</summary>
    static abstract bool HasMinimum { get; }

    /// <summary>True when values are below 32: a sum of eight products with bytes fits 16 bits.</summary>
    static abstract bool IsSmall { get; }

    static abstract Vector512<byte> Group512(byte* values, byte* high, int group);

    static abstract Vector256<byte> Group256(byte* values, byte* high, int group, int half);

    static abstract Vector128<byte> Group128(byte* values, byte* high, int group, int quarter);
}

/// <summary>8-bit values.</summary>
internal readonly unsafe struct ByteFormat : IQuantFormat
{
    public static int ValueBytes => 512;

    public static int Offset => 128;

    public static bool HasMinimum => false;

    public static bool IsSmall => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Group512(byte* values, byte* high, int group) => Vector512.Load(values + (group * 64));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Group256(byte* values, byte* high, int group, int half) =>
        Vector256.Load(values + (group * 64) + (half * 32));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Group128(byte* values, byte* high, int group, int quarter) =>
        Vector128.Load(values + (group * 64) + (quarter * 16));
}

/// <summary>4-bit values; <typeparamref name="TTraits"/> says whether there is an offset or a minimum.</summary>
internal readonly unsafe struct NibbleFormat<TTraits> : IQuantFormat
    where TTraits : struct, IMinimumTraits
{
    public static int ValueBytes => 256;

    public static int Offset => TTraits.HasMinimum ? 0 : 8;

    public static bool HasMinimum => TTraits.HasMinimum;

    public static bool IsSmall => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Group512(byte* values, byte* high, int group)
    {
        var packed = Vector512.Load(values + ((group & 3) * 64));
        return (group < 4 ? packed : (packed.AsUInt16() >> 4).AsByte()) & Vector512.Create((byte)0xF);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Group256(byte* values, byte* high, int group, int half)
    {
        var packed = Vector256.Load(values + ((group & 3) * 64) + (half * 32));
        return (group < 4 ? packed : (packed.AsUInt16() >> 4).AsByte()) & Vector256.Create((byte)0xF);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Group128(byte* values, byte* high, int group, int quarter)
    {
        var packed = Vector128.Load(values + ((group & 3) * 64) + (quarter * 16));
        return (group < 4 ? packed : (packed.AsUInt16() >> 4).AsByte()) & Vector128.Create((byte)0xF);
    }
}

/// <summary>5-bit values: nibbles, and the fifth bits apart.</summary>
internal readonly unsafe struct FiveBitFormat<TTraits> : IQuantFormat
    where TTraits : struct, IMinimumTraits
{
    public static int ValueBytes => 256;

    public static int Offset => TTraits.HasMinimum ? 0 : 16;

    public static bool HasMinimum => TTraits.HasMinimum;

    public static bool IsSmall => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Group512(byte* values, byte* high, int group)
    {
        var fifth = Vector512.Load(high).AsUInt16();
        var bit = (group < 4 ? fifth << (4 - group) : fifth >> (group - 4)).AsByte() & Vector512.Create((byte)0x10);
        return NibbleFormat<TTraits>.Group512(values, high, group) | bit;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Group256(byte* values, byte* high, int group, int half)
    {
        var fifth = Vector256.Load(high + (half * 32)).AsUInt16();
        var bit = (group < 4 ? fifth << (4 - group) : fifth >> (group - 4)).AsByte() & Vector256.Create((byte)0x10);
        return NibbleFormat<TTraits>.Group256(values, high, group, half) | bit;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Group128(byte* values, byte* high, int group, int quarter)
    {
        var fifth = Vector128.Load(high + (quarter * 16)).AsUInt16();
        var bit = (group < 4 ? fifth << (4 - group) : fifth >> (group - 4)).AsByte() & Vector128.Create((byte)0x10);
        return NibbleFormat<TTraits>.Group128(values, high, group, quarter) | bit;
    }
}

/// <summary>Whether blocks hold a minimum beside the scale.</summary>
internal interface IMinimumTraits
{
    static abstract bool HasMinimum { get; }
}

/// <summary>A scale and an offset.</summary>
internal readonly struct ScaleOnly : IMinimumTraits
{
    public static bool HasMinimum => false;
}

/// <summary>A scale and a minimum.</summary>
internal readonly struct ScaleAndMinimum : IMinimumTraits
{
    public static bool HasMinimum => true;
}

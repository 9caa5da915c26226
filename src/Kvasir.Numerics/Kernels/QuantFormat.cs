using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Numerics.Kernels;

/// <summary>
/// How the unsigned values of a packed block are read (<see cref="PackedLayout"/>): vector (group, half) is 64 bytes, four k of sixteen
/// columns; narrower machines read parts of it.
/// </summary>
internal unsafe interface IQuantFormat
{
    static abstract PackedLayout Layout { get; }

    /// <summary>Subtracted from every value.</summary>
    static abstract int Offset { get; }

    /// <summary>True when blocks have a minimum.</summary>
    static abstract bool HasMinimum { get; }

    /// <summary>True when values are below 32: a sum of eight products with bytes fits 16 bits.</summary>
    static abstract bool IsSmall { get; }

    static abstract Vector512<byte> Group512(byte* block, int group, int half);

    static abstract Vector256<byte> Group256(byte* block, int group, int quarter);

    static abstract Vector128<byte> Group128(byte* block, int group, int eighth);
}

/// <summary>8-bit values.</summary>
internal readonly unsafe struct ByteFormat : IQuantFormat
{
    public static PackedLayout Layout => PackedLayout.Of(DataType.Q8_0);

    public static int Offset => 128;

    public static bool HasMinimum => false;

    public static bool IsSmall => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Group512(byte* block, int group, int half) => Vector512.Load(block + (group * 128) + (half * 64));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Group256(byte* block, int group, int quarter) => Vector256.Load(block + (group * 128) + (quarter * 32));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Group128(byte* block, int group, int eighth) => Vector128.Load(block + (group * 128) + (eighth * 16));
}

/// <summary>4-bit values; <typeparamref name="TTraits"/> says whether there is an offset or a minimum.</summary>
internal readonly unsafe struct NibbleFormat<TTraits> : IQuantFormat
    where TTraits : struct, IMinimumTraits
{
    public static PackedLayout Layout => PackedLayout.Of(TTraits.HasMinimum ? DataType.Q4_1 : DataType.Q4_0);

    public static int Offset => TTraits.HasMinimum ? 0 : 8;

    public static bool HasMinimum => TTraits.HasMinimum;

    public static bool IsSmall => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Group512(byte* block, int group, int half)
    {
        var packed = Vector512.Load(block + ((group & 3) * 128) + (half * 64));
        return (group < 4 ? packed : (packed.AsUInt16() >> 4).AsByte()) & Vector512.Create((byte)0xF);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Group256(byte* block, int group, int quarter)
    {
        var packed = Vector256.Load(block + ((group & 3) * 128) + (quarter * 32));
        return (group < 4 ? packed : (packed.AsUInt16() >> 4).AsByte()) & Vector256.Create((byte)0xF);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Group128(byte* block, int group, int eighth)
    {
        var packed = Vector128.Load(block + ((group & 3) * 128) + (eighth * 16));
        return (group < 4 ? packed : (packed.AsUInt16() >> 4).AsByte()) & Vector128.Create((byte)0xF);
    }
}

/// <summary>5-bit values: nibbles, and the fifth bits apart.</summary>
internal readonly unsafe struct FiveBitFormat<TTraits> : IQuantFormat
    where TTraits : struct, IMinimumTraits
{
    private const int High = 512;

    public static PackedLayout Layout => PackedLayout.Of(TTraits.HasMinimum ? DataType.Q5_1 : DataType.Q5_0);

    public static int Offset => TTraits.HasMinimum ? 0 : 16;

    public static bool HasMinimum => TTraits.HasMinimum;

    public static bool IsSmall => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Group512(byte* block, int group, int half)
    {
        var fifth = Vector512.Load(block + High + (half * 64)).AsUInt16();
        var bit = (group < 4 ? fifth << (4 - group) : fifth >> (group - 4)).AsByte() & Vector512.Create((byte)0x10);
        return NibbleFormat<TTraits>.Group512(block, group, half) | bit;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Group256(byte* block, int group, int quarter)
    {
        var fifth = Vector256.Load(block + High + (quarter * 32)).AsUInt16();
        var bit = (group < 4 ? fifth << (4 - group) : fifth >> (group - 4)).AsByte() & Vector256.Create((byte)0x10);
        return NibbleFormat<TTraits>.Group256(block, group, quarter) | bit;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Group128(byte* block, int group, int eighth)
    {
        var fifth = Vector128.Load(block + High + (eighth * 16)).AsUInt16();
        var bit = (group < 4 ? fifth << (4 - group) : fifth >> (group - 4)).AsByte() & Vector128.Create((byte)0x10);
        return NibbleFormat<TTraits>.Group128(block, group, eighth) | bit;
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

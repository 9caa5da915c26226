using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Numerics.Lanes;

/// <summary>Sixteen lanes in four 128-bit vectors: x86 without AVX2, Arm, anything else.</summary>
internal readonly unsafe struct Lanes128(Vector128<float> v0, Vector128<float> v1, Vector128<float> v2, Vector128<float> v3) : ILanes<Lanes128>
{
    private readonly Vector128<float> _v0 = v0;
    private readonly Vector128<float> _v1 = v1;
    private readonly Vector128<float> _v2 = v2;
    private readonly Vector128<float> _v3 = v3;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator +(Lanes128 a, Lanes128 b) => new(
        a._v0 + b._v0,
        a._v1 + b._v1,
        a._v2 + b._v2,
        a._v3 + b._v3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator -(Lanes128 a, Lanes128 b) => new(
        a._v0 - b._v0,
        a._v1 - b._v1,
        a._v2 - b._v2,
        a._v3 - b._v3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator *(Lanes128 a, Lanes128 b) => new(
        a._v0 * b._v0,
        a._v1 * b._v1,
        a._v2 * b._v2,
        a._v3 * b._v3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator /(Lanes128 a, Lanes128 b) => new(
        a._v0 / b._v0,
        a._v1 / b._v1,
        a._v2 / b._v2,
        a._v3 / b._v3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Broadcast(float value)
    {
        var v = Vector128.Create(value);
        return new(v, v, v, v);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load(float* source) => new(
        Vector128.Load(source),
        Vector128.Load(source + 4),
        Vector128.Load(source + 8),
        Vector128.Load(source + 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes128 value, float* destination)
    {
        value._v0.Store(destination);
        value._v1.Store(destination + 4);
        value._v2.Store(destination + 8);
        value._v3.Store(destination + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStreaming(Lanes128 value, float* destination)
    {
        value._v0.StoreAlignedNonTemporal(destination);
        value._v1.StoreAlignedNonTemporal(destination + 4);
        value._v2.StoreAlignedNonTemporal(destination + 8);
        value._v3.StoreAlignedNonTemporal(destination + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Fma(Lanes128 a, Lanes128 b, Lanes128 c) => new(
        Vector128.FusedMultiplyAdd(a._v0, b._v0, c._v0),
        Vector128.FusedMultiplyAdd(a._v1, b._v1, c._v1),
        Vector128.FusedMultiplyAdd(a._v2, b._v2, c._v2),
        Vector128.FusedMultiplyAdd(a._v3, b._v3, c._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Max(Lanes128 a, Lanes128 b) => new(
        Vector128.ConditionalSelect(Vector128.GreaterThan(a._v0, b._v0), a._v0, b._v0),
        Vector128.ConditionalSelect(Vector128.GreaterThan(a._v1, b._v1), a._v1, b._v1),
        Vector128.ConditionalSelect(Vector128.GreaterThan(a._v2, b._v2), a._v2, b._v2),
        Vector128.ConditionalSelect(Vector128.GreaterThan(a._v3, b._v3), a._v3, b._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 SelectLess(Lanes128 a, Lanes128 b, Lanes128 x, Lanes128 y) => new(
        Vector128.ConditionalSelect(Vector128.LessThan(a._v0, b._v0), x._v0, y._v0),
        Vector128.ConditionalSelect(Vector128.LessThan(a._v1, b._v1), x._v1, y._v1),
        Vector128.ConditionalSelect(Vector128.LessThan(a._v2, b._v2), x._v2, y._v2),
        Vector128.ConditionalSelect(Vector128.LessThan(a._v3, b._v3), x._v3, y._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadHalf(ushort* source) => new(
        Half16.Widen(Widen(source)),
        Half16.Widen(Widen(source + 4)),
        Half16.Widen(Widen(source + 8)),
        Half16.Widen(Widen(source + 12)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadBFloat(ushort* source) => new(
        (Widen(source) << 16).AsSingle(),
        (Widen(source + 4) << 16).AsSingle(),
        (Widen(source + 8) << 16).AsSingle(),
        (Widen(source + 12) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadSByte(sbyte* source) => new(
        Vector128.ConvertToSingle(Widen(source)),
        Vector128.ConvertToSingle(Widen(source + 4)),
        Vector128.ConvertToSingle(Widen(source + 8)),
        Vector128.ConvertToSingle(Widen(source + 12)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadByte(byte* source) => new(
        Vector128.ConvertToSingle(Widen(source)),
        Vector128.ConvertToSingle(Widen(source + 4)),
        Vector128.ConvertToSingle(Widen(source + 8)),
        Vector128.ConvertToSingle(Widen(source + 12)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadBits(byte* source, int shift, int mask) => new(
        Vector128.ConvertToSingle((Widen(source) >>> shift) & Vector128.Create(mask)),
        Vector128.ConvertToSingle((Widen(source + 4) >>> shift) & Vector128.Create(mask)),
        Vector128.ConvertToSingle((Widen(source + 8) >>> shift) & Vector128.Create(mask)),
        Vector128.ConvertToSingle((Widen(source + 12) >>> shift) & Vector128.Create(mask)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 PowerOfTwo(Lanes128 shifted) => new(
        ((shifted._v0.AsInt32() << 23) + Vector128.Create(0x3F80_0000)).AsSingle(),
        ((shifted._v1.AsInt32() << 23) + Vector128.Create(0x3F80_0000)).AsSingle(),
        ((shifted._v2.AsInt32() << 23) + Vector128.Create(0x3F80_0000)).AsSingle(),
        ((shifted._v3.AsInt32() << 23) + Vector128.Create(0x3F80_0000)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes128 value) => Sum(value._v0 + value._v2 + (value._v1 + value._v3));

    /// <summary>Four lanes, i and i + 2, then 0 and 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> value)
    {
        var pairs = value + Vector128.Shuffle(value, Vector128.Create(2, 3, 2, 3));
        return pairs[0] + pairs[1];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Lanes128 value) =>
        Largest(Larger(Larger(value._v0, value._v2), Larger(value._v1, value._v3)));

    /// <summary>Of four lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector128<float> value)
    {
        var pairs = Larger(value, Vector128.Shuffle(value, Vector128.Create(2, 3, 2, 3)));
        return pairs[0] > pairs[1] ? pairs[0] : pairs[1];
    }

    public static void WidenHalves(ushort* from, float* to, int count)
    {
        for (var i = 0; i < count; i += 16)
            Store(LoadHalf(from + i), to + i);
    }

    /// <summary>a &gt; b ? a : b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Larger(Vector128<float> a, Vector128<float> b) =>
        Vector128.ConditionalSelect(Vector128.GreaterThan(a, b), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Widen(ushort* source) => Vector128.WidenLower(Vector64.Load((short*)source).ToVector128Unsafe());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Widen(sbyte* source) => Vector128.Create(source[0], source[1], source[2], source[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Widen(byte* source) => Vector128.Create(source[0], source[1], source[2], source[3]);
}

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Numerics;

/// <summary>
/// IEEE 754 binary16 as raw bits. Widening is exact; narrowing rounds to nearest, ties to even, with subnormals, and
/// overflows to infinity from 65520 on. Written out so that every instruction set gives the same bits.
/// </summary>
public static class Float16
{
    private const uint SignMask = 0x8000_0000;
    private const uint Infinity = 0x7F80_0000;

    /// <summary>The exact value. A signalling NaN becomes quiet; its payload stays.</summary>
    public static float ToSingle(ushort bits)
    {
        uint sign = (uint)(bits & 0x8000) << 16;
        uint magnitude = (uint)(bits & 0x7FFF);
        if (magnitude >= 0x7C00)
        {
            uint payload = (magnitude & 0x3FF) << 13;
            return BitConverter.UInt32BitsToSingle(sign | Infinity | payload | (payload != 0 ? 0x0040_0000u : 0));
        }

        // The bits, moved into place, are the value times 2^-112 (also for subnormals); the product is exact.
        float value = BitConverter.UInt32BitsToSingle(magnitude << 13) * BitConverter.UInt32BitsToSingle(0x7780_0000);
        return BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) | sign);
    }

    /// <summary>The nearest binary16, ties to even. NaN stays NaN (quiet).</summary>
    public static ushort FromSingle(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint sign = (bits & SignMask) >> 16;
        uint magnitude = bits & ~SignMask;
        if (magnitude > Infinity)
            return (ushort)(sign | 0x7E00 | ((magnitude >> 13) & 0x3FF));
        if (magnitude >= 0x477F_F000) // 65520, the midpoint above the largest finite value
            return (ushort)(sign | 0x7C00);
        if (magnitude < 0x3880_0000) // below 2^-14: adding 0.5 rounds to units of 2^-24, the subnormal step
        {
            float shifted = BitConverter.UInt32BitsToSingle(magnitude) + 0.5f;
            return (ushort)(sign | (BitConverter.SingleToUInt32Bits(shifted) - 0x3F00_0000));
        }

        uint odd = (magnitude >> 13) & 1;
        return (ushort)(sign | ((magnitude - (112u << 23) + 0xFFF + odd) >> 13));
    }

    /// <summary>Widens a row; both spans have the same length.</summary>
    public static void ToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        if (destination.Length != source.Length)
            throw new ArgumentException($"{source.Length} numbers are widened into {destination.Length}", nameof(destination));
        int i = 0;
        for (; i <= source.Length - 8; i += 8)
        {
            var bits = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(source), (nuint)i);
            Widen(Vector256.Create(Vector128.WidenLower(bits), Vector128.WidenUpper(bits)))
                .StoreUnsafe(ref MemoryMarshal.GetReference(destination), (nuint)i);
        }

        for (; i < source.Length; i++)
            destination[i] = ToSingle(source[i]);
    }

    /// <summary>Narrows a row; both spans have the same length.</summary>
    public static void FromSingle(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        for (int i = 0; i < source.Length; i++)
            destination[i] = FromSingle(source[i]);
    }

    /// <summary>What the other form does, in every lane.</summary>
    private static Vector256<float> Widen(Vector256<uint> bits)
    {
        var sign = (bits & Vector256.Create(0x8000u)) << 16;
        var magnitude = bits & Vector256.Create(0x7FFFu);
        var payload = (magnitude & Vector256.Create(0x3FFu)) << 13;
        var quiet = Vector256.AndNot(Vector256.Create(0x0040_0000u), Vector256.Equals(payload, Vector256<uint>.Zero));
        var value = (magnitude << 13).AsSingle() * Vector256.Create(0x7780_0000u).AsSingle();
        var isOdd = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x7C00u));
        return (Vector256.ConditionalSelect(isOdd, Vector256.Create(Infinity) | payload | quiet, value.AsUInt32()) | sign).AsSingle();
    }
}

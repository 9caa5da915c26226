using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Kvasir.Numerics.Lanes;

namespace Kvasir.Numerics.Kernels;

/// <summary>
/// A packed block made plain in the first-level cache, for the paths whose kernels are not written for each type: every value a byte, every
/// scale a binary32.
/// </summary>
internal unsafe struct UnpackedBlock
{
    /// <summary>Memory that holds one at a cache line.</summary>
    public const int Bytes = 1024 + (4 * 128) + 64;

    /// <summary>Values <c>[8 groups][2 halves][16 columns][4 k]</c>.</summary>
    public fixed byte Values[1024];

    /// <summary>Scales <c>[2][32 columns]</c>.</summary>
    public fixed float Scales[64];

    /// <summary>Minima <c>[2][32 columns]</c>, to be added.</summary>
    public fixed float Minima[64];

    /// <summary>Unpacks a block.</summary>
    /// <param name="form">The type.</param>
    /// <param name="panel">Start of the panel.</param>
    /// <param name="block">Number of the block.</param>
    /// <param name="to">Receives it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(QuantForm form, byte* panel, int block, UnpackedBlock* to)
    {
        var from = panel + form.BlockOffset(block);
        var high = from + form.High;
        for (var part = 0; part < 128; part += 32)
        {
            var values = to->Values + part;
            switch (form.Bits)
            {
                case 8:
                    for (var group = 0; group < 8; group++)
                        Vector256.Load(from + (group * 128) + part).Store(values + (group * 128));
                    break;
                case 2:
                    for (var group = 0; group < 8; group++)
                        Pairs(from + part, group).Store(values + (group * 128));
                    break;
                case 3:
                    var third = Vector256.Load(high + part).AsUInt16();
                    for (var group = 0; group < 8; group++)
                        (Pairs(from + part, group) | ThirdBit(third, group)).Store(values + (group * 128));
                    break;
                case 4 when form.Table is not null:
                    var table = Vector128.Create(form.Table);
                    for (var group = 0; group < 4; group++)
                        Levels(from + (group * 128) + part, table, values + (group * 128));
                    break;
                case 4:
                    for (var group = 0; group < 4; group++)
                        Nibbles(from + (group * 128) + part, default, default, values + (group * 128));
                    break;
                case 5:
                    var fifth = Vector256.Load(high + part).AsUInt16();
                    var mask = Vector256.Create((byte)0x10);
                    for (var group = 0; group < 4; group++)
                        Nibbles(from + (group * 128) + part, (fifth << (4 - group)).AsByte() & mask, (fifth >> group).AsByte() & mask, values + (group * 128));
                    break;
                default:
                    var low = Vector256.Load(high + part).AsUInt16();
                    var upper = Vector256.Load(high + 128 + part).AsUInt16();
                    for (var group = 0; group < 4; group++)
                        Nibbles(from + (group * 128) + part, SixthBits(low, group), SixthBits(upper, group), values + (group * 128));
                    break;
            }
        }

        var header = panel + form.HeaderOffset(block);
        for (var column = 0; column < 32; column += 8)
        {
            for (var scale = 0; scale < form.ScalesPerBlock; scale++)
            {
                var at = (scale * 32) + column;
                if (!form.HasSuperBlocks)
                {
                    (form.HasPowerScales ? UpperHalves(from + form.Scales, at) : Halves(from + form.Scales, at)).Store(to->Scales + at);
                    if (form.HasMinimum)
                        Halves(from + form.Minima, at).Store(to->Minima + at);
                    continue;
                }

                (Bytes8(from + form.Scales + at, signed: !form.HasMinimum) * Halves(header, column)).Store(to->Scales + at);
                if (form.HasMinimum)
                    (Vector256<float>.Zero - (Bytes8(from + form.Minima + at, signed: false) * Halves(header + 64, column))).Store(to->Minima + at);
            }
        }
    }

    /// <summary>Writes a vector's low nibbles as group g and its high nibbles as group g + 4, with the bits above them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Nibbles(byte* from, Vector256<byte> lowBits, Vector256<byte> highBits, byte* to)
    {
        var packed = Vector256.Load(from);
        var mask = Vector256.Create((byte)0xF);
        ((packed & mask) | lowBits).Store(to);
        (((packed.AsUInt16() >> 4).AsByte() & mask) | highBits).Store(to + 512);
    }

    /// <summary>Writes what a vector's low and high nibbles stand for as groups g and g + 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Levels(byte* from, Vector128<byte> table, byte* to)
    {
        var mask = Vector128.Create((byte)0xF);
        for (var half = 0; half < 32; half += 16)
        {
            var packed = Vector128.Load(from + half);
            Vector128.Shuffle(table, packed & mask).Store(to + half);
            Vector128.Shuffle(table, (packed.AsUInt16() >> 4).AsByte() & mask).Store(to + half + 512);
        }
    }

    /// <summary>The low two bits of a group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Pairs(byte* from, int group) =>
        (Vector256.Load(from + (group % 2 * 128)).AsUInt16() >> (group / 2 * 2)).AsByte() & Vector256.Create((byte)3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> ThirdBit(Vector256<ushort> bits, int group) =>
        (group < 2 ? bits << (2 - group) : bits >> (group - 2)).AsByte() & Vector256.Create((byte)4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> SixthBits(Vector256<ushort> bits, int group) =>
        (group < 2 ? bits << (4 - (2 * group)) : bits >> ((2 * group) - 4)).AsByte() & Vector256.Create((byte)0x30);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Halves(byte* from, int column) =>
        Half16.Widen(Vector256.WidenLower(Vector128.Load((short*)from + column).ToVector256Unsafe()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> UpperHalves(byte* from, int column) =>
        (Vector256.WidenLower(Vector128.Load((ushort*)from + column).ToVector256Unsafe()) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Bytes8(byte* from, bool signed)
    {
        var bytes = Vector64.Load(from).ToVector128Unsafe();
        return Vector256.ConvertToSingle(signed
            ? Vector256.WidenLower(Vector128.WidenLower(bytes.AsSByte()).ToVector256Unsafe())
            : Vector256.WidenLower(Vector128.WidenLower(bytes).ToVector256Unsafe()).AsInt32());
    }
}

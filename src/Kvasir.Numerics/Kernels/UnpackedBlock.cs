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
        for (var part = 0; part < 128; part += 32)
        {
            for (var group = 0; group < 8; group++)
                Group(form, from, group, part).Store(to->Values + (group * 128) + part);
        }

        var header = panel + form.HeaderOffset(block);
        for (var column = 0; column < 32; column += 8)
        {
            for (var scale = 0; scale < form.ScalesPerBlock; scale++)
            {
                var at = (scale * 32) + column;
                if (!form.HasSuperBlocks)
                {
                    Halves(from + form.Scales, at).Store(to->Scales + at);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Group(QuantForm form, byte* from, int group, int part)
    {
        if (form.Bits == 8)
            return Vector256.Load(from + (group * 128) + part);
        var packed = Vector256.Load(from + (group % 4 * 128) + part);
        var low = (group < 4 ? packed : (packed.AsUInt16() >> 4).AsByte()) & Vector256.Create((byte)0xF);
        if (form.Bits == 4)
            return low;
        var high = form.Bits == 5
            ? Vector256.Load(from + form.High + part).AsUInt16()
            : Vector256.Load(from + form.High + (group / 4 * 128) + part).AsUInt16();
        var shift = form.Bits == 5 ? 4 - group : 4 - (2 * (group % 4));
        var mask = Vector256.Create((byte)(form.Bits == 5 ? 0x10 : 0x30));
        return low | ((shift >= 0 ? high << shift : high >> -shift).AsByte() & mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Halves(byte* from, int column) =>
        Half16.Widen(Vector256.WidenLower(Vector128.Load((short*)from + column).ToVector256Unsafe()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Bytes8(byte* from, bool signed)
    {
        var bytes = Vector64.Load(from).ToVector128Unsafe();
        return Vector256.ConvertToSingle(signed
            ? Vector256.WidenLower(Vector128.WidenLower(bytes.AsSByte()).ToVector256Unsafe())
            : Vector256.WidenLower(Vector128.WidenLower(bytes).ToVector256Unsafe()).AsInt32());
    }
}

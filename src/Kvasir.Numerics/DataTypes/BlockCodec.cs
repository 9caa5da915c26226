using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kvasir.Numerics;

/// <summary>
/// The scalar reference for GGUF's row formats (the layouts of llama.cpp's ggml-common.h). A quantised block holds 32
/// elements: a binary16 scale, for some types a binary16 minimum, for the 5-bit types four bytes of fifth bits, then the
/// values; element i of the first half shares a byte (low nibble) with element i + 16 (high nibble).
/// </summary>
/// <remarks>
/// A value is <c>scale * (q - offset) + minimum</c> with q unsigned: offset 8 for Q4_0, 16 for Q5_0, 128 for Q8_0 (whose
/// bytes are signed), 0 for the types with a minimum. For IQ4_NL and MXFP4 it is <c>scale * LevelTable[q]</c>; MXFP4's scale is the
/// power of two <c>2^(e - 128)</c> of one byte e, which is handed on as a bfloat16.
/// </remarks>
public static class BlockCodec
{
    /// <summary>Elements of a quantised block.</summary>
    public const int Block = 32;

    /// <summary>The number of values that q may take: 16, 32 or 256.</summary>
    public static int Levels(DataType type) => type switch
    {
        DataType.Q4_0 or DataType.Q4_1 or DataType.IQ4_NL or DataType.MXFP4 => 16,
        DataType.Q5_0 or DataType.Q5_1 => 32,
        DataType.Q8_0 => 256,
        _ => throw NotQuantised(type),
    };

    /// <summary>What is subtracted from the unsigned q before it is scaled, for types with even levels.</summary>
    public static int Offset(DataType type) => type.HasMinimum ? 0 : Levels(type) / 2;

    /// <summary>The binary32 of a scale's bits.</summary>
    public static float Scale(DataType type, ushort bits) => type == DataType.MXFP4 ? BFloat16.ToSingle(bits) : Float16.ToSingle(bits);

    /// <summary>The integer that an unsigned q stands for.</summary>
    public static int Level(DataType type, byte quant) => type.HasTable ? LevelTable.Of(type)[quant] : quant - Offset(type);

    /// <summary>Decodes a row of <c>destination.Length</c> elements.</summary>
    /// <exception cref="ArgumentException">The source is shorter than the row, or the row does not divide into blocks.</exception>
    public static void DecodeRow(DataType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        CheckLength(type, source.Length, destination.Length);
        switch (type)
        {
            case DataType.F32:
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = BinaryPrimitives.ReadSingleLittleEndian(source[(i * 4)..]);
                return;
            case DataType.F16:
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = Float16.ToSingle(BinaryPrimitives.ReadUInt16LittleEndian(source[(i * 2)..]));
                return;
            case DataType.BF16:
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = BFloat16.ToSingle(BinaryPrimitives.ReadUInt16LittleEndian(source[(i * 2)..]));
                return;
        }

        if (type.HasSuperBlocks)
        {
            SuperBlockCodec.DecodeRow(type, source, destination);
            return;
        }

        Span<byte> quants = stackalloc byte[Block];
        int blockBytes = type.BlockBytes;
        Span<int> levels = stackalloc int[Levels(type)];
        for (int q = 0; q < levels.Length; q++)
            levels[q] = Level(type, (byte)q);
        for (int b = 0; b < destination.Length / Block; b++)
        {
            UnpackBlock(type, source.Slice(b * blockBytes, blockBytes), quants, out ushort scaleBits, out ushort minimumBits);
            float scale = Scale(type, scaleBits);
            float minimum = Float16.ToSingle(minimumBits);
            var values = destination.Slice(b * Block, Block);
            if (type.HasMinimum)
            {
                for (int i = 0; i < Block; i++)
                    values[i] = (scale * levels[quants[i]]) + minimum;
            }
            else
            {
                for (int i = 0; i < Block; i++)
                    values[i] = scale * levels[quants[i]];
            }
        }
    }

    /// <summary>
    /// Encodes a row by the plain rule of each type: the block's largest magnitude (or its range) sets the scale, every
    /// value goes to the nearest level. The bytes are those of llama.cpp's reference quantiser.
    /// </summary>
    /// <exception cref="ArgumentException">The destination is shorter than the row, or the row does not divide into blocks.</exception>
    public static void EncodeRow(DataType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        CheckLength(type, destination.Length, source.Length);
        switch (type)
        {
            case DataType.F32:
                for (int i = 0; i < source.Length; i++)
                    BinaryPrimitives.WriteSingleLittleEndian(destination[(i * 4)..], source[i]);
                return;
            case DataType.F16:
                for (int i = 0; i < source.Length; i++)
                    BinaryPrimitives.WriteUInt16LittleEndian(destination[(i * 2)..], Float16.FromSingle(source[i]));
                return;
            case DataType.BF16:
                for (int i = 0; i < source.Length; i++)
                    BinaryPrimitives.WriteUInt16LittleEndian(destination[(i * 2)..], BFloat16.FromSingle(source[i]));
                return;
        }

        if (type.HasSuperBlocks)
        {
            SuperBlockCodec.EncodeRow(type, source, destination);
            return;
        }

        Span<byte> quants = stackalloc byte[Block];
        int blockBytes = type.BlockBytes;
        for (int b = 0; b < source.Length / Block; b++)
        {
            ushort scaleBits, minimumBits = 0;
            if (type.HasTable)
            {
                scaleBits = TableEncoder.Choose(type, source.Slice(b * Block, Block), quants);
            }
            else
            {
                ChooseByRange(type, source.Slice(b * Block, Block), quants, out float scale, out float minimum);
                (scaleBits, minimumBits) = (Float16.FromSingle(scale), Float16.FromSingle(minimum));
            }

            PackBlock(type, scaleBits, minimumBits, quants, destination.Slice(b * blockBytes, blockBytes));
        }
    }

    /// <summary>Writes a block from unsigned values (see the remarks of the class) and the raw bits of its scale and minimum.</summary>
    public static void PackBlock(DataType type, ushort scale, ushort minimum, ReadOnlySpan<byte> quants, Span<byte> destination)
    {
        if (!type.IsQuantized || type.HasSuperBlocks)
            throw NotQuantised(type);
        int at = type == DataType.MXFP4 ? 1 : 2;
        if (type == DataType.MXFP4)
            destination[0] = ExponentByte(scale);
        else
            BinaryPrimitives.WriteUInt16LittleEndian(destination, scale);
        if (type == DataType.Q8_0)
        {
            for (int i = 0; i < Block; i++)
                destination[at + i] = (byte)(quants[i] - 128);
            return;
        }

        if (type.HasMinimum)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(destination[at..], minimum);
            at += 2;
        }

        if (Levels(type) == 32)
        {
            uint high = 0;
            for (int i = 0; i < Block; i++)
                high |= (uint)((quants[i] >> 4) & 1) << i;
            BinaryPrimitives.WriteUInt32LittleEndian(destination[at..], high);
            at += 4;
        }

        for (int i = 0; i < Block / 2; i++)
            destination[at + i] = (byte)((quants[i] & 15) | ((quants[i + (Block / 2)] & 15) << 4));
    }

    /// <summary>Reads a block into unsigned values and the raw bits of its scale and minimum (0 where the type has none).</summary>
    public static void UnpackBlock(DataType type, ReadOnlySpan<byte> source, Span<byte> quants, out ushort scale, out ushort minimum)
    {
        if (!type.IsQuantized || type.HasSuperBlocks)
            throw NotQuantised(type);
        int at = type == DataType.MXFP4 ? 1 : 2;
        scale = type == DataType.MXFP4 ? PowerOfTwo(source[0]) : BinaryPrimitives.ReadUInt16LittleEndian(source);
        minimum = 0;
        ref byte values = ref MemoryMarshal.GetReference(source);
        ref byte to = ref MemoryMarshal.GetReference(quants[..Block]);
        if (type == DataType.Q8_0)
        {
            _ = source[at + Block - 1];
            (Vector256.LoadUnsafe(ref values, (nuint)at) ^ Vector256.Create((byte)0x80)).StoreUnsafe(ref to);
            return;
        }

        if (type.HasMinimum)
        {
            minimum = BinaryPrimitives.ReadUInt16LittleEndian(source[at..]);
            at += 2;
        }

        uint high = 0;
        if (Levels(type) == 32)
        {
            high = BinaryPrimitives.ReadUInt32LittleEndian(source[at..]);
            at += 4;
        }

        _ = source[at + (Block / 2) - 1];
        var packed = Vector128.LoadUnsafe(ref values, (nuint)at);
        var nibble = Vector128.Create((byte)15);
        (packed & nibble).StoreUnsafe(ref to);
        ((packed.AsUInt16() >> 4).AsByte() & nibble).StoreUnsafe(ref to, Block / 2);
        for (int i = 0; high != 0; i++, high >>= 1)
            quants[i] |= (byte)((high & 1) << 4);
    }

    /// <summary>2^(e - 128) as a bfloat16; the two smallest are subnormal.</summary>
    private static ushort PowerOfTwo(byte e) => (ushort)(e < 2 ? 0x20 << e : (e - 1) << 7);

    private static byte ExponentByte(ushort power) => (byte)(power < 0x80 ? power >> 6 : (power >> 7) + 1);

    private static void ChooseByRange(DataType type, ReadOnlySpan<float> x, Span<byte> quants, out float scale, out float minimum)
    {
        float low = float.MaxValue, high = float.MinValue, extreme = 0, magnitude = 0;
        foreach (float v in x)
        {
            low = v < low ? v : low;
            high = v > high ? v : high;
            if (Math.Abs(v) > magnitude)
            {
                magnitude = Math.Abs(v);
                extreme = v;
            }
        }

        int levels = Levels(type);
        minimum = type.HasMinimum ? low : 0;
        scale = type switch
        {
            DataType.Q8_0 => magnitude / 127,
            _ when type.HasMinimum => (high - low) / (levels - 1),
            _ => extreme / -(levels / 2), // the extreme value takes the level that only one sign has
        };
        float inverse = scale != 0 ? 1 / scale : 0;
        int offset = Offset(type);
        for (int i = 0; i < Block; i++)
        {
            quants[i] = type == DataType.Q8_0
                ? (byte)(MathF.Round(x[i] * inverse, MidpointRounding.AwayFromZero) + 128)
                : (byte)Math.Clamp((int)(((x[i] - minimum) * inverse) + (offset + 0.5f)), 0, levels - 1);
        }
    }

    private static void CheckLength(DataType type, int bytes, int elements)
    {
        long needed = type.RowBytes(elements);
        if (bytes < needed)
            throw new ArgumentException($"a {type.Name} row of {elements} elements needs {needed} bytes, {bytes} were given");
    }

    private static ArgumentException NotQuantised(DataType type) => new($"{type.Name} is not a format with plain blocks of {Block}");
}

using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// One expert's matrix of an MXFP4 folder (gpt-oss, 2025; OCP Microscaling Formats 1.0): 32 inputs share a power of two, two neighbouring ones
/// a byte, the first in its low half. The same values as a GGUF MXFP4 block, which pairs input i with i + 16.
/// </summary>
internal sealed unsafe class MicroscaledMatrix : ConvertedMatrix
{
    private const int Block = BlockCodec.Block;
    private const int Half = Block / 2;

    private readonly RawTensor _values;
    private readonly RawTensor _scales;

    private MicroscaledMatrix(RawTensor values, RawTensor scales, int rows, int columns)
        : base([values, scales], DataType.MXFP4, rows, columns)
    {
        _values = values;
        _scales = scales;
    }

    /// <summary>The matrices of all experts.</summary>
    /// <param name="values">U8 <c>[experts, rows, columns / 32, 16]</c>.</param>
    /// <param name="scales">U8 <c>[experts, rows, columns / 32]</c>, exponents 127 too high.</param>
    public static IEnumerable<MicroscaledMatrix> Of(RawTensor values, RawTensor scales)
    {
        if (values.Shape is not [> 0 and <= int.MaxValue, > 0 and <= int.MaxValue, > 0 and <= int.MaxValue / Block, Half])
            throw values.Error($"{values.Kind} {values.ShapeText}; [experts, rows, blocks, {Half}] was expected");
        var (experts, rows, blocks) = (values.Shape[0], values.Shape[1], values.Shape[2]);
        scales.Require("U8", experts, rows, blocks);
        for (long e = 0; e < experts; e++)
            yield return new MicroscaledMatrix(Part(values, e, [rows, blocks, Half]), Part(scales, e, [rows, blocks]), (int)rows, (int)blocks * Block);
    }

    protected override void WriteRows(int first, int count, byte* to)
    {
        int blocks = Columns / Block;
        byte* values = _values.Data + ((long)first * blocks * Half);
        byte* scales = _scales.Data + ((long)first * blocks);
        for (int block = 0; block < count * blocks; block++, values += Half, to += 1 + Half)
        {
            to[0] = scales[block];
            for (int i = 0; i < Half; i++)
                to[1 + i] = (byte)(Nibble(values, i) | (Nibble(values, i + Half) << 4));
        }
    }

    private static int Nibble(byte* values, int index) => values[index / 2] >> (4 * (index % 2)) & 15;

    private static RawTensor Part(RawTensor tensor, long expert, long[] shape)
    {
        long bytes = tensor.Bytes / tensor.Shape[0];
        return tensor with { Name = $"{tensor.Name}[{expert}]", Shape = shape, Offset = tensor.Offset + (expert * bytes), Bytes = bytes };
    }
}

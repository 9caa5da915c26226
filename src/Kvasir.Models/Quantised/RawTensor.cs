using System.Buffers.Binary;
using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>A tensor of a safetensors file whose elements no matrix can have as they are: what a quantised matrix is made from.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Kind">Its element type as safetensors names it.</param>
/// <param name="Shape">Row-major, outermost first.</param>
/// <param name="File">The mapped file that holds it.</param>
/// <param name="Offset">First byte in the file.</param>
/// <param name="Bytes">Size in the file.</param>
internal sealed unsafe record RawTensor(string Name, string Kind, long[] Shape, ITensorMemory File, long Offset, long Bytes)
{
    public string ShapeText => $"[{string.Join(", ", Shape)}]";

    public long Elements => Shape.Aggregate(1L, (a, b) => a * b);

    private DataType FloatType => Kind switch
    {
        "F32" => DataType.F32,
        "F16" => DataType.F16,
        "BF16" => DataType.BF16,
        _ => throw Error($"of {Kind} elements; F32, F16 or BF16 was expected"),
    };

    private ReadOnlySpan<byte> All =>
        Bytes <= int.MaxValue ? new ReadOnlySpan<byte>(Data, (int)Bytes) : throw Error($"of {Bytes} bytes, more than such a tensor has");

    /// <summary>The bytes, valid until the file is closed.</summary>
    public byte* Data => File.At(Offset, Bytes);

    /// <summary>Bytes of an element, or 0 for a type that nothing here is made of.</summary>
    public static int ElementBytes(string kind) => kind switch
    {
        "F8_E4M3" or "F8_E5M2" or "U8" => 1,
        "F16" or "BF16" => 2,
        "F32" or "I32" => 4,
        "I64" => 8,
        _ => 0,
    };

    public static RawTensor Of(StoredTensor tensor) => new(tensor.Name, tensor.Type.Name, tensor.Shape, tensor.File, tensor.Offset, tensor.Bytes);

    /// <summary>An element of a floating-point tensor.</summary>
    public float Float(long index)
    {
        var type = FloatType;
        float value = 0;
        BlockCodec.DecodeRow(type, new ReadOnlySpan<byte>(Data + (index * type.BlockBytes), type.BlockBytes), new Span<float>(ref value));
        return value;
    }

    /// <summary>All elements of a floating-point tensor.</summary>
    public float[] Floats()
    {
        var values = new float[Elements];
        BlockCodec.DecodeRow(FloatType, All, values);
        return values;
    }

    /// <summary>Whether every element of a floating-point tensor is a binary16.</summary>
    public bool IsBinary16()
    {
        if (FloatType == DataType.F16)
            return true;
        return Floats().All(f => BitConverter.SingleToInt32Bits(Float16.ToSingle(Float16.FromSingle(f))) == BitConverter.SingleToInt32Bits(f));
    }

    /// <summary>All elements of an integer tensor.</summary>
    public long[] Integers()
    {
        int size = Kind is "I32" or "I64" ? ElementBytes(Kind) : throw Error($"of {Kind} elements; I32 was expected");
        var bytes = All;
        var values = new long[Elements];
        for (int i = 0; i < values.Length; i++)
            values[i] = size == 4 ? BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]) : BinaryPrimitives.ReadInt64LittleEndian(bytes[(8 * i)..]);
        return values;
    }

    public void Require(string kind, params long[] shape)
    {
        if (Kind != kind || !Shape.AsSpan().SequenceEqual(shape))
            throw Error($"{Kind} {ShapeText}; {kind} [{string.Join(", ", shape)}] was expected");
    }

    public ModelFormatException Error(string problem) => new(File.Path, $"tensor \"{Name}\" is {problem}", Offset);
}

using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>Decodes stored tensors.</summary>
internal static unsafe class TensorReader
{
    /// <summary>A one-dimensional tensor of any type, decoded.</summary>
    /// <exception cref="ModelFormatException">It does not have the expected length.</exception>
    public static float[] ReadVector(string path, StoredTensor tensor, int length)
    {
        if (tensor.Shape is not [var stored] || stored != length)
            throw new ModelFormatException(path, $"tensor \"{tensor.Name}\" has shape {tensor.ShapeText}; [{length}] was expected", tensor.Offset);
        var result = new float[length];
        BlockCodec.DecodeRow(tensor.Type, new ReadOnlySpan<byte>(tensor.File.At(tensor.Offset, tensor.Bytes), (int)tensor.Bytes), result);
        return result;
    }

    /// <summary>All elements of a tensor of floats, in the order that they are stored in.</summary>
    public static float[] ReadAll(StoredTensor tensor)
    {
        var result = new float[tensor.Shape.Aggregate(1L, (a, b) => a * b)];
        BlockCodec.DecodeRow(tensor.Type, new ReadOnlySpan<byte>(tensor.File.At(tensor.Offset, tensor.Bytes), checked((int)tensor.Bytes)), result);
        return result;
    }
}

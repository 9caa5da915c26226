using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>A tensor as it lies in a mapped file.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Row-major, outermost first: <c>[rows, columns]</c> for a matrix.</param>
/// <param name="File">The mapped file that holds it, or the memory that it is made in.</param>
/// <param name="Offset">First byte there.</param>
/// <param name="Bytes">Size there.</param>
internal sealed record StoredTensor(string Name, DataType Type, long[] Shape, ITensorMemory File, long Offset, long Bytes)
{
    /// <summary>What the file holds instead, when this is a conversion; null otherwise.</summary>
    public IReadOnlyList<RawTensor>? MadeFrom { get; init; }

    public ModelFormatException Error(string problem) => new(File.Path, $"tensor \"{Name}\" {problem}", Offset);

    public string ShapeText => $"[{string.Join(", ", Shape)}]";

    /// <summary>Lets go of the memory that it takes in this process until it is read again.</summary>
    public void Release() => File.Release(Offset, Bytes);

    /// <summary>Refuses ranges that share bytes: such a file is damaged or hostile.</summary>
    public static void CheckOverlap(string path, IEnumerable<RawTensor> tensors)
    {
        RawTensor? last = null;
        foreach (var tensor in tensors.Where(t => t.Bytes > 0).OrderBy(t => t.Offset))
        {
            if (last is not null && tensor.Offset < last.Offset + last.Bytes)
                throw new ModelFormatException(path, $"tensors \"{last.Name}\" and \"{tensor.Name}\" overlap", tensor.Offset);
            last = tensor;
        }
    }
}

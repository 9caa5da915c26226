using System.Buffers.Binary;
using Kvasir.Benchmarks.Fuzzing;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Rag.Measures;

/// <summary>The values of a sequence's rows in every layer. They carry no positions, so those of a moved chunk can be compared.</summary>
internal sealed class ValueRows
{
    private readonly byte[] _image;
    private readonly KvLayout _layout;

    private ValueRows(byte[] image, KvLayout layout)
    {
        _image = image;
        _layout = layout;
    }

    /// <summary>Copies rows [0, <paramref name="rows"/>) of a table of 16-bit values.</summary>
    /// <exception cref="ArgumentException">They are stored in another way.</exception>
    public static ValueRows Copy(IKvTable table, int rows, KvLayout layout) => layout.Type == KvDataType.F16
        ? new ValueRows(SequenceRecord.Image(table, rows, layout), layout)
        : throw new ArgumentException($"values are compared as F16, and the pool holds {layout.Type}", nameof(layout));

    /// <summary>Sum of squared differences of a row's values from another's, over all heads.</summary>
    public double Distance(int layer, int row, ValueRows other, int otherRow)
    {
        var sum = 0.0;
        for (var head = 0; head < _layout.KvHeads; head++)
        {
            var mine = Head(layer, row, head);
            var theirs = other.Head(layer, otherRow, head);
            for (var i = 0; i < mine.Length; i += 2)
            {
                var difference = (double)(BinaryPrimitives.ReadHalfLittleEndian(mine[i..]) - BinaryPrimitives.ReadHalfLittleEndian(theirs[i..]));
                sum += difference * difference;
            }
        }

        return sum;
    }

    /// <summary>
    /// Distance of a stretch's values from another's in a layer, relative: the root of the squared differences over that of the squares of
    /// <paramref name="other"/>'s.
    /// </summary>
    public double RelativeDistance(int layer, int first, int end, ValueRows other)
    {
        var (difference, size) = (0.0, 0.0);
        for (var row = first; row < end; row++)
        {
            difference += Distance(layer, row, other, row);
            for (var head = 0; head < _layout.KvHeads; head++)
            {
                var theirs = other.Head(layer, row, head);
                for (var i = 0; i < theirs.Length; i += 2)
                    size += Math.Pow((double)BinaryPrimitives.ReadHalfLittleEndian(theirs[i..]), 2);
            }
        }

        return Math.Sqrt(difference / size);
    }

    // A row's image holds each head's keys, then its values.
    private ReadOnlySpan<byte> Head(int layer, int row, int head)
    {
        var bytes = _layout.HeadDim * _layout.ElementBytes;
        var at = ((((row * _layout.Layers) + layer) * _layout.KvHeads + head) * 2 + 1) * bytes;
        return _image.AsSpan(at, bytes);
    }
}

using Kvasir.Numerics.Kernels;

namespace Kvasir.Numerics;

/// <summary>Weights packed for matrix multiplication; made by a compute backend, disposed by its owner.</summary>
public sealed class PackedMatrix : IDisposable
{
    private readonly PackedPart[] _parts;

    private PackedMatrix(PackedPart[] parts, int columns, int depth)
    {
        _parts = parts;
        N = columns;
        K = depth;
    }

    /// <summary>Outputs.</summary>
    public int N { get; }

    /// <summary>Inputs.</summary>
    public int K { get; }

    /// <summary>Bytes of memory.</summary>
    public long Bytes => _parts.Sum(part => part.Bytes);

    /// <summary>Data types in it; more than one when matrices of different types were stacked.</summary>
    public IEnumerable<DataType> Types => _parts.Select(part => part.Type).Distinct();

    internal ReadOnlySpan<PackedPart> Parts => _parts;

    /// <summary>Packs matrices, stacked along N; neighbours of the same type share their panels.</summary>
    /// <exception cref="ArgumentException">The matrices differ in K, there is none, or K does not fit the type.</exception>
    public static PackedMatrix Pack(ReadOnlySpan<MatrixSource> sources)
    {
        if (sources.Length == 0)
            throw new ArgumentException("give at least one matrix", nameof(sources));
        var depth = sources[0].Columns;
        var parts = new List<PackedPart>();
        var columns = 0;
        for (var first = 0; first < sources.Length;)
        {
            var end = first;
            var rows = 0;
            for (; end < sources.Length && sources[end].Type == sources[first].Type; end++)
            {
                if (sources[end].Columns != depth)
                    throw new ArgumentException($"stacked matrices have {depth} and {sources[end].Columns} columns", nameof(sources));
                rows += sources[end].Rows;
            }

            _ = sources[first].RowBytes;
            var part = new PackedPart(sources[first].Type, rows, depth, columns);
            parts.Add(part);
            WeightPacker.Pack(sources[first..end], part);
            first = end;
            columns += rows;
        }

        return new PackedMatrix([.. parts], columns, depth);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in _parts)
            part.Dispose();
    }
}

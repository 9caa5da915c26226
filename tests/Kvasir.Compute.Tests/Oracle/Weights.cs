using Kvasir.Numerics;

namespace Kvasir.Compute.Tests.Oracle;

/// <summary>A weight matrix in a file's format, in memory that looks like a mapped file (no alignment beyond 2 bytes).</summary>
internal sealed unsafe class Weights : IDisposable
{
    private readonly NativeBuffer _memory;

    private Weights(DataType type, int rows, int columns, int[]? order)
    {
        RowBytes = (int)type.RowBytes(columns);
        _memory = new NativeBuffer((nuint)((long)RowBytes * rows) + 2);
        Source = new MatrixSource(type, rows, columns, (nint)_memory.Pointer + 2, order);
    }

    public MatrixSource Source { get; }

    public int RowBytes { get; }

    /// <summary>Random weights; with <paramref name="wild"/> raw random blocks, so that every level occurs, -128 too.</summary>
    public static Weights Random(DataType type, int rows, int columns, int seed, bool wild = false, int[]? order = null)
    {
        var random = new Random(seed);
        var weights = new Weights(type, rows, columns, order);
        var values = new float[columns];
        for (int row = 0; row < rows; row++)
        {
            var to = weights.StoredRow(row);
            for (int i = 0; i < columns; i++)
                values[i] = (random.NextSingle() - 0.5f) * (row % 7 == 3 ? 1e-7f : 1f);
            if (row % 11 == 5)
                Array.Clear(values);
            BlockCodec.EncodeRow(type, values, to);
            if (!wild || !type.IsQuantized)
                continue;
            for (int block = 0; block < columns / type.BlockSize; block++)
            {
                // Everything but the scale or the binary16 factors, which stand at the end for some types.
                var bytes = to.Slice(block * type.BlockBytes, type.BlockBytes);
                bytes = type switch
                {
                    DataType.Q2_K => bytes[..^4],
                    DataType.Q3_K or DataType.Q6_K => bytes[..^2],
                    DataType.MXFP4 => bytes[1..],
                    _ => bytes[(type.HasMinimum ? 4 : 2)..],
                };
                random.NextBytes(bytes);
                if (block % 3 == 1)
                    bytes.Fill(0x80);
            }
        }

        return weights;
    }

    /// <summary>Bytes of the stored row.</summary>
    public Span<byte> StoredRow(int row) => new((byte*)Source.Data + ((long)row * RowBytes), RowBytes);

    /// <summary>Bytes of row i of the matrix, the row order applied.</summary>
    public ReadOnlySpan<byte> Row(int row) => StoredRow(Source.RowOrder is { } order ? order[row] : row);

    public void Dispose() => _memory.Dispose();
}

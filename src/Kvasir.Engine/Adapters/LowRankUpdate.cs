using Kvasir.Compute;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Adapters;

/// <summary>
/// What an adapter adds to one fused matrix: all its A share an input and are stacked; each of its B has a part of the outputs. B carries
/// the factor, so that <c>y[part] += B (A x)[its ranks]</c>.
/// </summary>
internal sealed class LowRankUpdate : IDisposable
{
    private readonly List<(PackedMatrix B, int FirstColumn)> _parts = [];

    private LowRankUpdate(PackedMatrix a, int rank)
    {
        A = a;
        Rank = rank;
    }

    /// <summary><c>[parts * Rank, in]</c>; smaller ranks are filled with zeros.</summary>
    public PackedMatrix A { get; }

    /// <summary>Rank of every part.</summary>
    public int Rank { get; }

    /// <summary>B <c>[out, Rank]</c>, and where its outputs begin in a row of the fused matrix.</summary>
    public IReadOnlyList<(PackedMatrix B, int FirstColumn)> Parts => _parts;

    public long Bytes => A.Bytes + _parts.Sum(part => part.B.Bytes);

    /// <summary>Packs what an adapter has for one fused matrix.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="matrices">At least one; all have the same inputs.</param>
    /// <param name="firstColumn">Where the outputs of each begin.</param>
    /// <param name="scale">A factor beside the file's own.</param>
    /// <exception cref="ArgumentException">A value of B overflows with the factor.</exception>
    public static LowRankUpdate Pack(IComputeBackend backend, IReadOnlyList<AdapterMatrix> matrices, Func<WeightRole, int> firstColumn, float scale)
    {
        var rank = matrices.Max(matrix => matrix.Rank);
        var inputs = matrices[0].Inputs;
        var a = new float[matrices.Count * rank * inputs];
        for (var i = 0; i < matrices.Count; i++)
            matrices[i].A.CopyTo(a, i * rank * inputs);
        var update = new LowRankUpdate(Pack(backend, a, matrices.Count * rank, inputs), rank);
        try
        {
            foreach (var matrix in matrices)
                update._parts.Add((Pack(backend, Scaled(matrix, rank, scale), matrix.Outputs, rank), firstColumn(matrix.Role)));
            return update;
        }
        catch
        {
            update.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        A.Dispose();
        foreach (var (b, _) in _parts)
            b.Dispose();
    }

    /// <summary>B times the factor, <c>[Outputs, rank]</c>.</summary>
    private static float[] Scaled(AdapterMatrix matrix, int rank, float scale)
    {
        var factor = (float)((double)matrix.Scale * scale);
        var b = new float[matrix.Outputs * rank];
        for (var row = 0; row < matrix.Outputs; row++)
        {
            for (var k = 0; k < matrix.Rank; k++)
            {
                var value = factor * matrix.B[(row * matrix.Rank) + k];
                if (!float.IsFinite(value))
                    throw new ArgumentException($"with the scale {scale}, {matrix.Role} of layer {matrix.Layer} overflows; give a smaller scale", nameof(scale));
                b[(row * rank) + k] = value;
            }
        }

        return b;
    }

    /// <summary>
    /// Packs as BF16 or F16 when every value is one, as those of most files are: the products have the same bits and half the memory.
    /// </summary>
    private static unsafe PackedMatrix Pack(IComputeBackend backend, float[] values, int rows, int columns)
    {
        foreach (var type in (ReadOnlySpan<DataType>)[DataType.BF16, DataType.F16])
        {
            if (Narrow(type, values) is not { } narrow)
                continue;
            fixed (byte* at = narrow)
                return backend.Pack([new MatrixSource(type, rows, columns, (nint)at)]);
        }

        fixed (float* at = values)
            return backend.Pack([new MatrixSource(DataType.F32, rows, columns, (nint)at)]);
    }

    /// <summary>The values in a smaller type, or null when one of them would change.</summary>
    private static byte[]? Narrow(DataType type, float[] values)
    {
        const int Chunk = 4096;
        var narrow = new byte[type.RowBytes(values.Length)];
        Span<float> back = stackalloc float[Chunk];
        for (var at = 0; at < values.Length; at += Chunk)
        {
            var some = values.AsSpan(at, Math.Min(Chunk, values.Length - at));
            var encoded = narrow.AsSpan((int)type.RowBytes(at), (int)type.RowBytes(some.Length));
            BlockCodec.EncodeRow(type, some, encoded);
            BlockCodec.DecodeRow(type, encoded, back[..some.Length]);
            for (var i = 0; i < some.Length; i++)
            {
                if (BitConverter.SingleToInt32Bits(some[i]) != BitConverter.SingleToInt32Bits(back[i]))
                    return null;
            }
        }

        return narrow;
    }
}

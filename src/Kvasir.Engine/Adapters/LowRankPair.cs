using Kvasir.Compute;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Adapters;

/// <summary>A and B of one adapted matrix, packed; B carries the factor, so that <c>y += B (A x)</c>.</summary>
internal sealed class LowRankPair : IDisposable
{
    private LowRankPair(PackedMatrix a, PackedMatrix b)
    {
        A = a;
        B = b;
    }

    /// <summary><c>[rank, in]</c>.</summary>
    public PackedMatrix A { get; }

    /// <summary><c>[out, rank]</c>.</summary>
    public PackedMatrix B { get; }

    public long Bytes => A.Bytes + B.Bytes;

    /// <exception cref="ArgumentException">A value of B overflows with the factor.</exception>
    public static LowRankPair Pack(IComputeBackend backend, AdapterMatrix matrix, float scale)
    {
        var factor = (float)((double)matrix.Scale * scale);
        var b = new float[matrix.B.Length];
        for (var i = 0; i < b.Length; i++)
        {
            b[i] = factor * matrix.B[i];
            if (!float.IsFinite(b[i]))
                throw new ArgumentException($"with the scale {scale}, {matrix.Role} of layer {matrix.Layer} overflows; give a smaller scale", nameof(scale));
        }

        var packed = Pack(backend, matrix.A, matrix.Rank, matrix.Inputs);
        try
        {
            return new LowRankPair(packed, Pack(backend, b, matrix.Outputs, matrix.Rank));
        }
        catch
        {
            packed.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
    }

    private static unsafe PackedMatrix Pack(IComputeBackend backend, float[] values, int rows, int columns)
    {
        fixed (float* at = values)
            return backend.Pack([new MatrixSource(DataType.F32, rows, columns, (nint)at)]);
    }
}

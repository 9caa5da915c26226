using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// GPTQ (Frantar et al. 2022, "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers", algorithm 1):
/// columns are rounded in order, and each one's error is compensated in the columns after it, as the Hessian XᵀX says is best.
/// A block's scale (and minimum) is searched on the compensated weights just before the block is rounded.
/// </summary>
/// <remarks>Matrices without a Hessian are rounded by <see cref="SearchedRounding"/>.</remarks>
public sealed class GptqRounding(IHessianSource hessians, double damping = 0.01, IImportanceSource? importance = null) : IBlockRounding
{
    private readonly SearchedRounding _fallback = new(importance);
    private readonly Lock _lock = new();
    private (float[] Hessian, HessianFactor? Factor)? _last;

    public string Name => "gptq";

    public IRowRounding ForMatrix(WeightRole role, int layer, int columns)
    {
        if (hessians.Hessian(role, layer) is not { } hessian)
            return _fallback.ForMatrix(role, layer, columns);
        if (hessian.Length != (long)columns * columns)
            throw new ArgumentException($"the Hessian of {role} in layer {layer} has {hessian.Length} values for {columns} columns");
        if (FactorOf(hessian, columns) is not { } factor)
            return _fallback.ForMatrix(role, layer, columns);
        var diagonal = new float[columns];
        for (int i = 0; i < columns; i++)
            diagonal[i] = hessian[(i * columns) + i];
        return new Rows(factor, BlockGridSearch.Normalise(diagonal, columns));
    }

    private HessianFactor? FactorOf(float[] hessian, int columns)
    {
        lock (_lock)
        {
            if (_last is not { } last || !ReferenceEquals(last.Hessian, hessian))
                _last = last = (hessian, HessianFactor.Compute(hessian, columns, damping));
            return last.Factor;
        }
    }

    private sealed class Rows(HessianFactor factor, float[] weights) : IRowRounding
    {
        public void EncodeRow(DataType type, ReadOnlySpan<float> row, Span<byte> destination)
        {
            var work = new double[row.Length];
            for (int i = 0; i < row.Length; i++)
                work[i] = row[i];
            int unit = type.BlockSize;
            var search = type.HasSuperBlocks ? new SuperBlockSearch(type) : null;
            Span<float> x = stackalloc float[unit];
            Span<byte> quants = stackalloc byte[unit];
            for (int start = 0; start < row.Length; start += unit)
            {
                var to = destination.Slice(start / unit * type.BlockBytes, type.BlockBytes);
                for (int i = 0; i < unit; i++)
                    x[i] = (float)work[start + i];
                if (search is null)
                {
                    var grid = BlockGridSearch.Find(type, x, weights.AsSpan(start, unit));
                    Round(work, start, grid, quants);
                    BlockCodec.PackBlock(type, grid.ScaleBits, grid.MinimumBits, quants, to);
                    continue;
                }

                search.Find(x, weights.AsSpan(start, unit));
                int width = search.Best.Width;
                for (int b = 0; b < search.Best.Count; b++)
                    Round(work, start + (b * width), search.Best[b], quants.Slice(b * width, width));
                search.Best.Pack(quants, to);
            }
        }

        private void Round(double[] work, int start, in BlockGrid grid, Span<byte> quants)
        {
            Span<double> errors = stackalloc double[quants.Length];
            for (int i = 0; i < quants.Length; i++)
            {
                var u = factor.Row(start + i);
                quants[i] = grid.Quantise((float)work[start + i]);
                errors[i] = (work[start + i] - grid.Value(quants[i])) / u[0];
                HessianFactor.Subtract(work.AsSpan(start + i, quants.Length - i), errors[i], u[..(quants.Length - i)]);
            }

            // The columns behind the block are updated once a block instead of once a column: the same sums, less traffic.
            int next = start + quants.Length;
            for (int i = 0; i < quants.Length && next < work.Length; i++)
                HessianFactor.Subtract(work.AsSpan(next), errors[i], factor.Row(start + i)[(quants.Length - i)..]);
        }
    }
}

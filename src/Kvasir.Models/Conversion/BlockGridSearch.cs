using System.Runtime.Intrinsics;
using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// Finds the grid of a block with the least weighted squared error: candidates around the plain rule, each improved by
/// alternating between the nearest levels and the least-squares scale (and minimum) for them (Lloyd's iteration on a
/// uniform grid), as llama.cpp's make_qx_quants and make_qkx2_quants do in their way.
/// </summary>
internal static class BlockGridSearch
{
    private const int Candidates = 10; // on each side of the plain rule
    private const float CandidateStep = 0.1f; // in levels
    private const int Improvements = 3;

    /// <summary>Weights with mean 1; columns that were never active still count a little.</summary>
    public static float[] Normalise(float[]? importance, int columns)
    {
        var weights = new float[columns];
        double mean = importance is null ? 0 : importance.Average(v => (double)v);
        if (!(mean > 0) || !double.IsFinite(mean))
        {
            Array.Fill(weights, 1);
            return weights;
        }

        for (int i = 0; i < columns; i++)
            weights[i] = (float)((Math.Max(0, importance![i]) / mean) + 1e-3);
        return weights;
    }

    /// <summary>The best grid for the values of one scale.</summary>
    /// <param name="type">A type without a table.</param>
    /// <param name="x">32 values, or sixteen where super-blocks have a scale for as many.</param>
    /// <param name="weights">How much the error of each counts.</param>
    public static BlockGrid Find(DataType type, ReadOnlySpan<float> x, ReadOnlySpan<float> weights)
    {
        bool free = type.HasSuperBlocks;
        float low = free && type.HasMinimum ? Math.Min(0, x[0]) : x[0], high = x[0];
        foreach (float v in x)
        {
            low = Math.Min(low, v);
            high = Math.Max(high, v);
        }

        var flat = new BlockGrid(type, 0, type.HasMinimum ? low : 0);
        if (low == high && (type.HasMinimum || low == 0))
            return flat;

        var search = new Search(type, x, weights, flat);
        int levels = BlockGrid.Levels(type);
        for (int c = -Candidates; c <= Candidates; c++)
        {
            float shift = c * CandidateStep;
            if (type.HasMinimum)
            {
                float scale = (high - low) / (levels - 1 + shift);
                search.Try(scale, low);
                search.Try(scale, high - (scale * (levels - 1)));
            }
            else if (type == DataType.Q8_0)
            {
                search.Try(Math.Max(-low, high) / (127 + shift), 0);
            }
            else
            {
                // One sign has a level more than the other: both ways are tried.
                float magnitude = Math.Max(-low, high);
                search.Try(magnitude / ((levels / 2) + shift), 0);
                search.Try(-magnitude / ((levels / 2) + shift), 0);
                search.Try(magnitude / ((levels / 2) - 1 + shift), 0);
            }
        }

        return search.Finish();
    }

    /// <summary>Weighted squared error of a block's values on a grid.</summary>
    /// <remarks>Eight lanes and one fixed order of the sum, so that every machine writes the same file.</remarks>
    public static float Error(in BlockGrid grid, ReadOnlySpan<float> x, ReadOnlySpan<float> weights)
    {
        var sum = Vector256<float>.Zero;
        for (int i = 0; i < x.Length; i += Vector256<float>.Count)
        {
            var values = Vector256.Create(x[i..]);
            var difference = values - grid.Nearest(values);
            sum += Vector256.Create(weights[i..]) * difference * difference;
        }

        var half = sum.GetLower() + sum.GetUpper();
        return half[0] + half[1] + (half[2] + half[3]);
    }

    // The scale and minimum that fit the chosen levels best; a minimum of a super-block is not above zero.
    private static (float Scale, float Minimum) LeastSquares(in BlockGrid grid, bool hasMinimum, bool free, ReadOnlySpan<float> x, ReadOnlySpan<float> weights)
    {
        double w = 0, q1 = 0, q2 = 0, x1 = 0, xq = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double q = grid.Quantise(x[i]) - grid.Offset;
            w += weights[i];
            q1 += weights[i] * q;
            q2 += weights[i] * q * q;
            x1 += weights[i] * x[i];
            xq += weights[i] * x[i] * q;
        }

        if (!hasMinimum)
            return q2 > 0 ? ((float)(xq / q2), 0) : (grid.Scale, 0);
        double determinant = (w * q2) - (q1 * q1);
        if (!(determinant > 0))
            return (grid.Scale, grid.Minimum);
        if (free && (q2 * x1) > (q1 * xq))
            return q2 > 0 ? ((float)(xq / q2), 0) : (grid.Scale, 0);
        return ((float)(((w * xq) - (q1 * x1)) / determinant), (float)(((q2 * x1) - (q1 * xq)) / determinant));
    }

    // Keeps the best few candidates: only those are improved, since each improvement costs several passes.
    private ref struct Search(DataType type, ReadOnlySpan<float> x, ReadOnlySpan<float> weights, BlockGrid first)
    {
        private readonly ReadOnlySpan<float> _x = x;
        private readonly ReadOnlySpan<float> _weights = weights;
        private (BlockGrid Grid, float Error) _best = (first, Error(first, x, weights));
        private (BlockGrid Grid, float Error) _second = (first, float.MaxValue);
        private (BlockGrid Grid, float Error) _third = (first, float.MaxValue);

        public void Try(float scale, float minimum)
        {
            var grid = new BlockGrid(type, scale, minimum);
            if (!grid.IsUsable)
                return;
            float error = Error(grid, _x, _weights);
            if (error < _best.Error)
                (_third, _second, _best) = (_second, _best, (grid, error));
            else if (error < _second.Error)
                (_third, _second) = (_second, (grid, error));
            else if (error < _third.Error)
                _third = (grid, error);
        }

        public BlockGrid Finish()
        {
            var (a, b, c) = (_best, _second, _third);
            Improve(a);
            Improve(b);
            Improve(c);
            return _best.Grid;
        }

        private void Improve((BlockGrid Grid, float Error) candidate)
        {
            for (int round = 0; round < Improvements; round++)
            {
                var (scale, minimum) = LeastSquares(candidate.Grid, type.HasMinimum, type.HasSuperBlocks, _x, _weights);
                var grid = new BlockGrid(type, scale, minimum);
                float error = grid.IsUsable ? Error(grid, _x, _weights) : float.MaxValue;
                if (!(error < candidate.Error))
                    return;
                candidate = (grid, error);
                if (error < _best.Error)
                    _best = candidate;
            }
        }
    }
}

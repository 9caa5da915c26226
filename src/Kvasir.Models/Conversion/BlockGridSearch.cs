using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// Finds the grid of a block with the least weighted squared error: candidates around the plain rule, each improved by
/// alternating between the nearest levels and the least-squares scale (and minimum) for them (Lloyd's iteration on a
/// uniform grid), as llama.cpp's make_qx_quants and make_qkx2_quants do in their way.
/// </summary>
internal static class BlockGridSearch
{
    private const int Candidates = 12; // on each side of the plain rule
    private const float CandidateStep = 0.08f; // in levels
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

    public static BlockGrid Find(DataType type, ReadOnlySpan<float> x, ReadOnlySpan<float> weights)
    {
        float low = x[0], high = x[0];
        foreach (float v in x)
        {
            low = Math.Min(low, v);
            high = Math.Max(high, v);
        }

        var search = new Search { Best = new BlockGrid(type, 0, type.HasMinimum ? low : 0), Type = type };
        search.Error = Error(search.Best, x, weights);
        if (low == high && (type.HasMinimum || low == 0))
            return search.Best;

        int levels = BlockCodec.Levels(type);
        for (int c = -Candidates; c <= Candidates; c++)
        {
            float shift = c * CandidateStep;
            if (type.HasMinimum)
            {
                float scale = (high - low) / (levels - 1 + shift);
                search.Try(scale, low, x, weights);
                search.Try(scale, high - (scale * (levels - 1)), x, weights);
            }
            else if (type == DataType.Q8_0)
            {
                search.Try(Math.Max(-low, high) / (127 + shift), 0, x, weights);
            }
            else
            {
                // One sign has a level more than the other: both ways are tried.
                float magnitude = Math.Max(-low, high);
                search.Try(magnitude / ((levels / 2) + shift), 0, x, weights);
                search.Try(-magnitude / ((levels / 2) + shift), 0, x, weights);
                search.Try(magnitude / ((levels / 2) - 1 + shift), 0, x, weights);
            }
        }

        return search.Best;
    }

    private static double Error(in BlockGrid grid, ReadOnlySpan<float> x, ReadOnlySpan<float> weights)
    {
        double error = 0;
        for (int i = 0; i < x.Length; i++)
        {
            float difference = x[i] - grid.Value(grid.Quantise(x[i]));
            error += weights[i] * difference * difference;
        }

        return error;
    }

    private struct Search
    {
        public BlockGrid Best;
        public double Error;
        public DataType Type;

        public void Try(float scale, float minimum, ReadOnlySpan<float> x, ReadOnlySpan<float> weights)
        {
            double last = double.MaxValue;
            for (int round = 0; round <= Improvements; round++)
            {
                var grid = new BlockGrid(Type, scale, minimum);
                if (!grid.IsUsable)
                    return;
                double error = Error(grid, x, weights);
                if (error < Error)
                    (Best, Error) = (grid, error);
                if (error >= last)
                    return;
                last = error;
                (scale, minimum) = LeastSquares(grid, x, weights);
            }
        }

        // The scale and minimum that fit the chosen levels best.
        private readonly (float Scale, float Minimum) LeastSquares(in BlockGrid grid, ReadOnlySpan<float> x, ReadOnlySpan<float> weights)
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

            if (!Type.HasMinimum)
                return q2 > 0 ? ((float)(xq / q2), 0) : (grid.Scale, 0);
            double determinant = (w * q2) - (q1 * q1);
            if (!(determinant > 0))
                return (grid.Scale, grid.Minimum);
            return ((float)(((w * xq) - (q1 * x1)) / determinant), (float)(((q2 * x1) - (q1 * xq)) / determinant));
        }
    }
}

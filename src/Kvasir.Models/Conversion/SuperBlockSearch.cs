using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>
/// Finds the scales and minima of a super-block with the least weighted squared error. First every block for itself
/// (<see cref="BlockGridSearch"/>, scale and minimum unrounded); the largest of them give the two factors. Then by turns: each block
/// takes the pair of integers, around its own, that fits its values best, and the factors become the least-squares solution for the
/// levels chosen. Ends when that no longer lowers the error.
/// </summary>
internal sealed class SuperBlockSearch(DataType type)
{
    private const int Rounds = 4;

    private readonly SuperBlockGrid _trial = new(type);
    private readonly float[] _scales = new float[8 * type.ScalesPerBlock];
    private readonly float[] _minima = new float[8 * type.ScalesPerBlock];

    /// <summary>What was found; the next search overwrites it.</summary>
    public SuperBlockGrid Best { get; } = new(type);

    /// <summary>Searches.</summary>
    /// <param name="x">256 values.</param>
    /// <param name="weights">How much the error of each counts.</param>
    public void Find(ReadOnlySpan<float> x, ReadOnlySpan<float> weights)
    {
        float largest = 0, deepest = 0;
        int width = _trial.Width;
        for (int b = 0; b < _trial.Count; b++)
        {
            var grid = BlockGridSearch.Find(type, x.Slice(b * width, width), weights.Slice(b * width, width));
            (_scales[b], _minima[b]) = (grid.Scale, -grid.Minimum);
            largest = Math.Max(largest, Math.Abs(grid.Scale));
            deepest = Math.Max(deepest, -grid.Minimum);
        }

        int most = SuperBlockCodec.LargestScale(type);
        SetFactors(largest / most, deepest / most);
        for (int b = 0; b < _trial.Count; b++)
        {
            _trial.Scales[b] = Nearest(_scales[b], Float16.ToSingle(_trial.Factor));
            _trial.Minima[b] = Nearest(_minima[b], Float16.ToSingle(_trial.MinimumFactor));
        }

        Best.CopyFrom(_trial);
        float best = float.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            float error = 0;
            for (int b = 0; b < _trial.Count; b++)
                error += ChooseIntegers(b, x.Slice(b * width, width), weights.Slice(b * width, width));
            if (!(error < best))
                return;
            best = error;
            Best.CopyFrom(_trial);
            if (!FitFactors(x, weights))
                return;
        }
    }

    private void SetFactors(float factor, float minimumFactor)
    {
        _trial.Factor = Float16.FromSingle(factor);
        _trial.MinimumFactor = type.HasMinimum ? Float16.FromSingle(minimumFactor) : (ushort)0;
    }

    private int Nearest(float value, float factor)
    {
        int most = SuperBlockCodec.LargestScale(type);
        return factor == 0 ? 0 : Math.Clamp((int)MathF.Round(value / factor), type.HasMinimum ? 0 : -most, most);
    }

    /// <summary>Tries the integers next to a block's own.</summary>
    /// <returns>The error with the best of them.</returns>
    private float ChooseIntegers(int block, ReadOnlySpan<float> x, ReadOnlySpan<float> weights)
    {
        int most = SuperBlockCodec.LargestScale(type);
        int least = type.HasMinimum ? 0 : -most;
        int reach = type.HasMinimum ? 1 : 0;
        var (scale, minimum) = (_trial.Scales[block], _trial.Minima[block]);
        float best = BlockGridSearch.Error(_trial[block], x, weights);
        for (int s = Math.Max(least, scale - 1); s <= Math.Min(most, scale + 1); s++)
        {
            for (int m = Math.Max(0, minimum - reach); m <= Math.Min(most, minimum + reach); m++)
            {
                var grid = _trial.At(s, m);
                float error = grid.IsUsable ? BlockGridSearch.Error(grid, x, weights) : float.MaxValue;
                if (error < best)
                {
                    best = error;
                    (_trial.Scales[block], _trial.Minima[block]) = (s, m);
                }
            }
        }

        return best;
    }

    /// <summary>Least squares of x against factor * (scale * level) - minimumFactor * minimum over the whole super-block.</summary>
    private bool FitFactors(ReadOnlySpan<float> x, ReadOnlySpan<float> weights)
    {
        double aa = 0, ab = 0, bb = 0, ax = 0, bx = 0;
        for (int b = 0; b < _trial.Count; b++)
        {
            var grid = _trial[b];
            for (int i = b * _trial.Width; i < (b + 1) * _trial.Width; i++)
            {
                double level = (double)_trial.Scales[b] * (grid.Quantise(x[i]) - grid.Offset), minimum = _trial.Minima[b];
                aa += weights[i] * level * level;
                ab += weights[i] * level * minimum;
                bb += weights[i] * minimum * minimum;
                ax += weights[i] * level * x[i];
                bx += weights[i] * minimum * x[i];
            }
        }

        double determinant = (aa * bb) - (ab * ab);
        var (factor, minimumFactor) = determinant > 1e-12 * aa * bb
            ? (((bb * ax) - (ab * bx)) / determinant, ((ab * ax) - (aa * bx)) / determinant)
            : (aa > 0 ? (ax + (Float16.ToSingle(_trial.MinimumFactor) * ab)) / aa : 0, Float16.ToSingle(_trial.MinimumFactor));
        if (!double.IsFinite(factor) || !(minimumFactor >= 0) || !float.IsFinite((float)(Half)factor) || !float.IsFinite((float)(Half)minimumFactor))
            return false;
        SetFactors((float)factor, (float)minimumFactor);
        return true;
    }
}

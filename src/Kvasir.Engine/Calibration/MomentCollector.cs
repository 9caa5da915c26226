using System.Numerics;
using Kvasir.Models;

namespace Kvasir.Engine.Calibration;

/// <summary>Adds up XᵀX of the inputs of every matrix.</summary>
internal sealed unsafe class MomentCollector : IActivationCollector
{
    private readonly Dictionary<(WeightRole Role, int Layer), float[]> _moments = [];

    public void BeforeMatMul(ReadOnlySpan<WeightRole> roles, int layer, float* x, int rows, int width)
    {
        // The first role stands for all that read the same input.
        if (!_moments.TryGetValue((roles[0], layer), out var moments))
        {
            moments = new float[width * width];
            foreach (var role in roles)
                _moments.Add((role, layer), moments);
        }

        var address = (nint)x;
        Parallel.For(0, width, i => AddRow((float*)address, rows, width, i, moments.AsSpan(i * width, width)));
    }

    /// <remarks>One array for matrices that read the same input.</remarks>
    public ActivationStatistics ToStatistics()
    {
        var statistics = new ActivationStatistics();
        foreach (var ((role, layer), moments) in _moments)
            statistics.SetHessian(role, layer, moments);
        return statistics;
    }

    private static void AddRow(float* x, int rows, int width, int i, Span<float> sums)
    {
        for (var row = 0; row < rows; row++)
        {
            var values = new ReadOnlySpan<float>(x + ((long)row * width), width);
            var factor = new Vector<float>(values[i]);
            var j = 0;
            for (; j <= width - Vector<float>.Count; j += Vector<float>.Count)
                (new Vector<float>(sums[j..]) + (factor * new Vector<float>(values[j..]))).CopyTo(sums[j..]);
            for (; j < width; j++)
                sums[j] += values[i] * values[j];
        }
    }
}

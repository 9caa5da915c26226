using Kvasir.Models;

namespace Kvasir.Engine.Calibration;

/// <summary>Adds up the squares of every column of the inputs of every matrix.</summary>
internal sealed unsafe class MeanSquareCollector : IActivationCollector
{
    private readonly Dictionary<(WeightRole Role, int Layer), Sums> _sums = [];

    public void BeforeMatMul(ReadOnlySpan<WeightRole> roles, int layer, float* x, int rows, int width)
    {
        // The first role stands for all that read the same input.
        if (!_sums.TryGetValue((roles[0], layer), out var sums))
        {
            sums = new Sums(width);
            foreach (var role in roles)
                _sums.Add((role, layer), sums);
        }

        sums.Rows += rows;
        for (var row = 0; row < rows; row++)
        {
            var values = new ReadOnlySpan<float>(x + ((long)row * width), width);
            for (var i = 0; i < width; i++)
                sums.Squares[i] += (double)values[i] * values[i];
        }
    }

    public ActivationStatistics ToStatistics()
    {
        var statistics = new ActivationStatistics();
        foreach (var ((role, layer), sums) in _sums)
            statistics.SetImportance(role, layer, Array.ConvertAll(sums.Squares, square => (float)(square / sums.Rows)));
        return statistics;
    }

    private sealed class Sums(int width)
    {
        public double[] Squares { get; } = new double[width];

        public long Rows { get; set; }
    }
}

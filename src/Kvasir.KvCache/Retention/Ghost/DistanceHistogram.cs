using System.Numerics;

namespace Kvasir.KvCache.Retention.Ghost;

/// <summary>Weights by distance in bytes, in bins a sixty-fourth of an octave wide, each with its mean.</summary>
internal sealed class DistanceHistogram
{
    private const int BitsPerOctave = 6;
    private const int BinsPerOctave = 1 << BitsPerOctave;

    private readonly double[] _weights = new double[BinsPerOctave * (65 - BitsPerOctave)];
    private readonly double[] _moments = new double[BinsPerOctave * (65 - BitsPerOctave)];

    /// <summary>Adds weight at a distance of at least 1.</summary>
    public void Add(double distance, double weight)
    {
        var bin = BinOf(distance);
        _weights[bin] += weight;
        _moments[bin] += weight * distance;
    }

    /// <summary>
    /// Weight at distances of at most <paramref name="bytes"/>. The bin in which that lies counts as if all of it were at its mean: exact
    /// where it holds one distance, as multiples of a chunk's size are where bins are narrower than chunks.
    /// </summary>
    public double UpTo(long bytes)
    {
        if (bytes < 1)
            return 0;
        var last = BinOf(bytes);
        var sum = 0.0;
        for (var bin = 0; bin < last; bin++)
            sum += _weights[bin];
        const double Rounding = 1e-9;
        return _moments[last] <= _weights[last] * bytes * (1 + Rounding) ? sum + _weights[last] : sum;
    }

    public void Halve()
    {
        for (var bin = 0; bin < _weights.Length; bin++)
        {
            _weights[bin] /= 2;
            _moments[bin] /= 2;
        }
    }

    private static int BinOf(double distance)
    {
        var whole = (ulong)Math.Clamp(distance, 1, long.MaxValue);
        if (whole < BinsPerOctave)
            return (int)whole;

        // The highest bit says which octave, the six below it where in it.
        var octave = BitOperations.Log2(whole) - BitsPerOctave;
        return (octave * BinsPerOctave) + (int)(whole >> octave);
    }
}

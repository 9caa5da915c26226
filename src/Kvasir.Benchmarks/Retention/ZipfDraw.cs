namespace Kvasir.Benchmarks.Retention;

/// <summary>Draws ranks from 0, rank r with weight 1 / (r + 1)^exponent.</summary>
internal sealed class ZipfDraw
{
    private readonly double[] _sums;

    public ZipfDraw(int count, double exponent)
    {
        _sums = new double[count];
        var sum = 0.0;
        for (var rank = 0; rank < count; rank++)
            _sums[rank] = sum += Math.Pow(rank + 1, -exponent);
    }

    public int Next(Random random)
    {
        var at = Array.BinarySearch(_sums, random.NextDouble() * _sums[^1]);
        return Math.Min(at < 0 ? ~at : at, _sums.Length - 1);
    }
}

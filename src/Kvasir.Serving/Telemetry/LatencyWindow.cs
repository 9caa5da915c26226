namespace Kvasir.Serving.Telemetry;

/// <summary>The latest latencies. Not thread-safe.</summary>
internal sealed class LatencyWindow
{
    private const int Size = 512;

    private readonly TimeSpan[] _values = new TimeSpan[Size];
    private long _count;

    public void Add(TimeSpan value) => _values[_count++ % Size] = value;

    /// <summary>Quantiles by the nearest rank; null before the first latency.</summary>
    public LatencyQuantiles? Quantiles()
    {
        var count = (int)Math.Min(_count, Size);
        if (count == 0)
            return null;
        var sorted = _values.AsSpan(0, count).ToArray();
        Array.Sort(sorted);
        return new LatencyQuantiles(At(0.5), At(0.95));

        TimeSpan At(double quantile) => sorted[Math.Clamp((int)Math.Ceiling(quantile * count) - 1, 0, count - 1)];
    }
}

using Kvasir.Benchmarks.Measures;

namespace Kvasir.Benchmarks.Peers;

/// <summary>A contestant with a number of threads, and the values that it reached in a check.</summary>
internal sealed record Lane(IContestant Contestant, int Threads)
{
    public List<double> Values { get; } = [];

    public double Median => Samples.Median(Values);

    public double Best => Values.Max();

    /// <summary>The lane with the highest middle value among those that have values; null when none has.</summary>
    public static Lane? BestOf(IEnumerable<Lane> lanes) => lanes.Where(lane => lane.Values.Count > 0).MaxBy(lane => lane.Median);
}

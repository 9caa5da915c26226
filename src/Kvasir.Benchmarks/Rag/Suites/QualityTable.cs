using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Rag.Policies;

namespace Kvasir.Benchmarks.Rag.Suites;

/// <summary>Answers by seed and line.</summary>
internal sealed class QualityTable(IReadOnlyList<PolicyRow> rows)
{
    private readonly SortedDictionary<int, Dictionary<(string Name, double Ratio), List<QualitySample>>> _seeds = [];

    private static readonly (string, double) FullRow = (PolicyRows.Full, 1);

    /// <summary>Prompts of all seeds.</summary>
    public int Prompts => _seeds.Values.Sum(lines => lines[FullRow].Count);

    /// <summary>Takes down an answer; a null row is full recomputation.</summary>
    public void Add(int seed, PolicyRow? row, QualitySample sample)
    {
        if (!_seeds.TryGetValue(seed, out var lines))
            _seeds[seed] = lines = [];
        var key = Key(row);
        if (!lines.TryGetValue(key, out var samples))
            lines[key] = samples = [];
        samples.Add(sample);
    }

    public double Mean(PolicyRow? row, Func<QualitySample, double> value) => BySeed(row, value).Average();

    public double Mean(string name, double ratio, Func<QualitySample, double> value) => BySeed((name, ratio), value).Average();

    /// <summary>Means by seed.</summary>
    public double[] BySeed(PolicyRow? row, Func<QualitySample, double> value) => BySeed(Key(row), value);

    /// <summary>How many points of exact match a line loses against full recomputation, by seed.</summary>
    public double[] Gap(string name, double ratio) =>
        [.. BySeed(FullRow, sample => sample.Exact).Zip(BySeed((name, ratio), sample => sample.Exact), (full, blended) => 100 * (full - blended))];

    /// <summary>Share that a line removes of the divergence of naive reuse of the same chunks, by seed.</summary>
    public double[] Closed(string name, double ratio) => [.. KlRatio((name, ratio), (PolicyRows.NaiveOf(name), 0)).Select(left => 1 - left)];

    /// <summary>Divergence of a line over that of another, by seed.</summary>
    public double[] KlRatio((string, double) line, (string, double) other) =>
        [.. BySeed(line, sample => sample.Kl).Zip(BySeed(other, sample => sample.Kl), (one, two) => one / two)];

    /// <summary>One line of text each, to be read while it runs.</summary>
    public IEnumerable<string> Lines() => Curves("").Select(curve => FormattableString.Invariant(
        $"  {curve.Policy,-20} r={curve.RecomputeRatio:0.00}  exact {curve.ExactMatch.Mean:0.000}  KL {curve.FirstTokenKl.Mean:0.0000}  TTFT {curve.TtftMs:0} ms  token-layers {curve.TokenLayerShare:0.000}"));

    /// <summary>All lines.</summary>
    public IEnumerable<RagCurve> Curves(string workload) => rows.Prepend(null).Select(row => new RagCurve(
        workload,
        row?.Name ?? PolicyRows.Full,
        row?.Ratio ?? 1,
        Interval.Of(BySeed(row, sample => sample.Exact)),
        Interval.Of(BySeed(row, sample => sample.Kl)),
        Mean(row, sample => sample.TtftMs),
        Mean(row, sample => sample.TokenLayerShare)));

    private double[] BySeed((string, double) key, Func<QualitySample, double> value) => [.. _seeds.Values.Select(lines => lines[key].Average(value))];

    private static (string, double) Key(PolicyRow? row) => row is null ? FullRow : (row.Name, row.Ratio);
}

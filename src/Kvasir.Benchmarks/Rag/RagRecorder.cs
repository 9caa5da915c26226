using Kvasir.Benchmarks.Measures;

namespace Kvasir.Benchmarks.Rag;

/// <summary>Collects what the suites find.</summary>
internal sealed class RagRecorder(RagBenchmarkOptions options, IProgress<string>? progress, CancellationToken cancellation)
{
    private readonly List<Check> _checks = [];
    private readonly List<RagCurve> _curves = [];
    private readonly List<RagSeries> _series = [];

    public RagBenchmarkOptions Options => options;

    public CancellationToken Cancellation => cancellation;

    /// <summary>The seeds, in order.</summary>
    public IEnumerable<int> Seeds => Enumerable.Range(1, options.SeedCount);

    public void Say(string line) => progress?.Report(line);

    /// <summary>Adds a figure from its values by seed.</summary>
    public void Check(string name, IReadOnlyList<double> values, string unit, double? baseline, string note)
    {
        var interval = Interval.Of(values);
        _checks.Add(new Check(name, interval.Mean, interval.Low, interval.High, unit, baseline, note));
        Say(FormattableString.Invariant($"{name,-32} {interval.Mean,10:0.####} [{interval.Low:0.####}, {interval.High:0.####}] {unit} (baseline {baseline:0.####}) {note}"));
    }

    public void Add(RagCurve curve) => _curves.Add(curve);

    public void Add(RagSeries series) => _series.Add(series);

    public RagReport Report(bool interrupted) => new([.. _checks], [.. _curves], [.. _series], interrupted);
}

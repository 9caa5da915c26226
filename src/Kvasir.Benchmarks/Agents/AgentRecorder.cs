using Kvasir.Benchmarks.Measures;

namespace Kvasir.Benchmarks.Agents;

/// <summary>Collects what the suites find.</summary>
internal sealed class AgentRecorder(AgentBenchmarkOptions options, IProgress<string>? progress, CancellationToken cancellation)
{
    private readonly List<Check> _checks = [];
    private readonly List<AgentCurve> _curves = [];

    public AgentBenchmarkOptions Options => options;

    public CancellationToken Cancellation => cancellation;

    /// <summary>The seeds, in order.</summary>
    public int[] Seeds => [.. Enumerable.Range(1, options.SeedCount)];

    public void Say(string line) => progress?.Report(line);

    /// <summary>Adds a figure from its values by seed.</summary>
    public void Check(string name, IReadOnlyList<double> values, string unit, double? baseline, string note)
    {
        var interval = Interval.Of(values);
        _checks.Add(new Check(name, interval.Mean, interval.Low, interval.High, unit, baseline, note));
        Say(FormattableString.Invariant($"{name,-32} {interval.Mean,10:G4} [{interval.Low:G4}, {interval.High:G4}] {unit} (baseline {baseline:0.####}) {note}"));
    }

    public void Add(AgentCurve curve)
    {
        _curves.Add(curve);
        Say(FormattableString.Invariant($"{curve.Curve} {curve.Policy} {curve.X}: reuse {curve.ReuseRate:0.###}, tokens {curve.TokenShare:0.###}, agreement {curve.Agreement:0.###}, KL {curve.FirstTokenKl:0.####}, rows {curve.RowError:0.####}"));
    }

    public AgentReport Report(bool interrupted) => new([.. _checks], [.. _curves], interrupted);
}

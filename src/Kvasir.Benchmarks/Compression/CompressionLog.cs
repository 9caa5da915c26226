using Kvasir.Benchmarks.Measures;

namespace Kvasir.Benchmarks.Compression;

/// <summary>Takes down what suites measure.</summary>
internal sealed class CompressionLog(IProgress<string>? progress)
{
    private readonly List<Check> _checks = [];
    private readonly List<CompressionCurve> _curves = [];

    public IProgress<string>? Progress => progress;

    public IReadOnlyList<Check> Checks => _checks;

    public IReadOnlyList<CompressionCurve> Curves => _curves;

    public void Add(string suite, IEnumerable<QualityRun.Outcome> outcomes) => _curves.AddRange(outcomes.Select(outcome => outcome.Curve(suite)));

    public void Add(CompressionCurve curve) => _curves.Add(curve);

    public void Add(string name, double value, string unit, double? baseline, string note) => _checks.Add(new Check(name, value, double.NaN, double.NaN, unit, baseline, note));

    public void Add(string name, Interval value, string unit, double? baseline, string note) => _checks.Add(new Check(name, value.Mean, value.Low, value.High, unit, baseline, note));
}

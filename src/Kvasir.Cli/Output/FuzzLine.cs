using Kvasir.Benchmarks.Fuzzing;

namespace Kvasir.Cli.Output;

/// <summary>Says now and then how far the fuzzer is.</summary>
internal sealed class FuzzLine(TextWriter error) : IProgress<FuzzReport>
{
    private const double SecondsBetween = 10;

    private double _last;

    public void Report(FuzzReport value)
    {
        if (value.Seconds - _last < SecondsBetween)
            return;
        _last = value.Seconds;
        error.WriteLine($"{Screen.Time(TimeSpan.FromSeconds(value.Seconds))}: {Screen.Count(value.Schedules)} schedules, {Screen.Count(value.RowsCompared)} rows compared, {Screen.Count(value.Mismatches)} mismatches");
    }
}

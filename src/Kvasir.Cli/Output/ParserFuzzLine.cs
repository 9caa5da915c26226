using Kvasir.Benchmarks.Fuzzing.Parsers;

namespace Kvasir.Cli.Output;

/// <summary>Says now and then how far the fuzzer of parsers is.</summary>
internal sealed class ParserFuzzLine(TextWriter error) : IProgress<ParserFuzzReport>
{
    private const double SecondsBetween = 10;

    private double _last;

    public void Report(ParserFuzzReport value)
    {
        if (value.Seconds - _last < SecondsBetween)
            return;
        _last = value.Seconds;
        error.WriteLine($"{value.Parser}, {Screen.Time(TimeSpan.FromSeconds(value.Seconds))}: {Screen.Count(value.Cases)} files, {Screen.Count(value.Paths)} ways, {value.Findings.Count} findings");
    }
}

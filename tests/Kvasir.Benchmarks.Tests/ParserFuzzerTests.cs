using Kvasir.Benchmarks.Fuzzing.Parsers;

namespace Kvasir.Benchmarks.Tests;

public sealed class ParserFuzzerTests
{
    public static TheoryData<string> Parsers => [.. ParserFuzzer.Parsers];

    [Theory]
    [MemberData(nameof(Parsers))]
    public void SomeHundredFiles_DoNoHarm_AndOpenNewWays(string parser)
    {
        var report = ParserFuzzer.Run(parser, new ParserFuzzOptions { MaxCases = 400, Duration = TimeSpan.FromMinutes(5), Seed = 3 });
        Assert.True(report.Findings.Count == 0, $"seed 3: {string.Join('\n', report.Findings)}");
        Assert.True(report.Cases >= 400);
        Assert.True(report.Accepted > 0 && report.Refused > 0 && report.Paths > 10, $"seed 3: {report}");
    }
}

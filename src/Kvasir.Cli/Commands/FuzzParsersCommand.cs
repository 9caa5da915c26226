using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Fuzzing.Parsers;
using Kvasir.Cli.Output;
using Kvasir.Cli.Options;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir fuzz parsers</c>: looks for files that a parser cannot bear.</summary>
internal sealed class FuzzParsersCommand : Command, IHelpTopics
{
    private readonly Option<string[]> _parsers = new("--parser")
    {
        Description = $"Only these, of {string.Join(", ", ParserFuzzer.Parsers)}; may be given several times.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [.. ParserFuzzer.Parsers],
    };

    private readonly Option<double> _minutes = new("--minutes") { Description = "How long, for each parser.", HelpName = "N", DefaultValueFactory = _ => 1 };

    private readonly Option<long?> _cases = new("--cases") { Description = "Stop after so many files, for each parser.", HelpName = "N" };

    private readonly Option<int> _seed = new("--seed") { Description = "The same seed begins with the same files.", HelpName = "S", DefaultValueFactory = _ => 1 };

    private readonly JsonOption _json = new("{parsers: [{parser, cases, accepted, refused, paths, corpus, slowestMs, mostBytes, seconds, findings: [{kind, what, file}]}], findings}");

    public FuzzParsersCommand()
        : base("parsers", "Looks for files that make a parser crash, hang or allocate without measure.")
    {
        Add(_parsers);
        _parsers.AcceptOnlyFromAmong([.. ParserFuzzer.Parsers]);
        Add(_minutes);
        Add(_cases);
        Add(_seed);
        Add(_json);
        SetAction((parsed, cancellation) => Task.Run(() => Run(parsed, cancellation), CancellationToken.None));
    }

    public string Details => """
        Small valid files are mutated, as bytes and as JSON; those that take a new way through the parser are mutated on.
        A finding is an exception that is not documented, more than 12 s, or allocations of more than twice the file and 16 MiB.
        Files that do it stay in a temporary folder. Exits 1 when something was found.
        """;

    public IReadOnlyList<string> Examples => ["kvasir fuzz parsers --minutes 10", "kvasir fuzz parsers --parser tokenizer --seed 7 --json"];

    private int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var json = parsed.GetValue(_json);
        var output = parsed.InvocationConfiguration.Output;
        var options = new ParserFuzzOptions
        {
            Duration = TimeSpan.FromMinutes(parsed.GetValue(_minutes)),
            MaxCases = parsed.GetValue(_cases) ?? long.MaxValue,
            Seed = parsed.GetValue(_seed),
        };
        var reports = new List<ParserFuzzReport>();
        foreach (var parser in parsed.GetValue(_parsers)!)
        {
            if (cancellation.IsCancellationRequested)
                break;
            var report = ParserFuzzer.Run(parser, options, json ? null : new ParserFuzzLine(parsed.InvocationConfiguration.Error), cancellation);
            reports.Add(report);
            if (!json)
                Write(output, report);
        }

        if (json)
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["parsers"] = new JsonArray([.. reports.Select(Json)]),
                ["findings"] = reports.Sum(report => report.Findings.Count),
            });
        }

        return reports.Exists(report => report.Findings.Count > 0) ? ExitCode.Failure : ExitCode.Success;
    }

    private static void Write(TextWriter output, ParserFuzzReport report)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Parser}: {Screen.Count(report.Cases)} files, {Screen.Count(report.Accepted)} valid, {Screen.Count(report.Paths)} ways, slowest {report.SlowestMs:0} ms, most {Screen.Size(report.MostBytes)} beyond twice the file, {report.Findings.Count} findings"));
        foreach (var finding in report.Findings)
            output.WriteLine($"  {finding.Kind}: {finding.What} ({finding.File})");
    }

    private static JsonObject Json(ParserFuzzReport report) => new()
    {
        ["parser"] = report.Parser,
        ["cases"] = report.Cases,
        ["accepted"] = report.Accepted,
        ["refused"] = report.Refused,
        ["paths"] = report.Paths,
        ["corpus"] = report.Corpus,
        ["slowestMs"] = JsonOutput.Number(report.SlowestMs),
        ["mostBytes"] = report.MostBytes,
        ["seconds"] = JsonOutput.Number(report.Seconds),
        ["findings"] = new JsonArray([.. report.Findings.Select(finding => new JsonObject { ["kind"] = finding.Kind, ["what"] = finding.What, ["file"] = finding.File })]),
    };
}

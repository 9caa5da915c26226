using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Serving;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Cli.Start;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench server</c>: the real server under load.</summary>
internal sealed class BenchServerCommand : Command, IHelpTopics
{
    private readonly Option<bool> _quick = new("--quick") { Description = "About a minute and a half instead of ten." };

    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = $"{NamedModel.Description} Default: the bundled model.",
        HelpName = NamedModel.HelpName,
    };

    private readonly Option<string?> _program = new("--program")
    {
        Description = "The kvasir program that is measured, e.g. a published one. Default: this one.",
        HelpName = "PATH",
    };

    private readonly Option<string[]> _suites = new("--suite")
    {
        Description = $"Only these, of {string.Join(", ", ServerBenchmark.Suites)}; may be given several times.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [.. ServerBenchmark.Suites],
    };

    private readonly JsonOption _json = new("{checks: [{name, value, unit, baseline}]}");

    public BenchServerCommand()
        : base("server", "Starts real servers and measures throughput, churn, schemas, masks and starts.")
    {
        Add(_quick);
        Add(_model);
        Add(_program);
        Add(_suites);
        _suites.AcceptOnlyFromAmong([.. ServerBenchmark.Suites]);
        Add(_json);
        SetAction(RunAsync);
    }

    public string Details => """
        concurrency16.throughputRatio: 16 requests at once against one after another; wanted: 3 or more.
        churn.*: 200 clients that stream, give up, read slowly or send nonsense, for five minutes; wanted: nothing left over, nobody without an answer.
        schema.validFraction: answers to random JSON schemas that an independent validator accepts; wanted: 1.
        mask.microsecondsPerToken: computing what may come next at a vocabulary of 151,936 tokens; wanted: below 100.
        start.ttftMs: from the start of the process to the first token; wanted: below 1500.
        """;

    public IReadOnlyList<string> Examples => ["kvasir bench server --quick --json", "kvasir bench server --program artifacts/publish/archive/kvasir"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var error = parsed.InvocationConfiguration.Error;
        var options = new ServerBenchmarkOptions
        {
            Program = parsed.GetValue(_program) is { } program ? [program] : ThisProgram.Command(),
            Model = NamedModel.OrDefault(parsed.GetValue(_model)),
            Quick = parsed.GetValue(_quick),
            Suites = parsed.GetValue(_suites)!,
        };
        var report = await ServerBenchmark.RunAsync(options, new ProgressLines(error), cancellation).ConfigureAwait(false);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["checks"] = new JsonArray([.. report.Checks.Select(check => new JsonObject
                {
                    ["name"] = check.Name,
                    ["value"] = JsonOutput.Number(check.Value),
                    ["unit"] = check.Unit,
                    ["baseline"] = check.Baseline is { } baseline ? JsonOutput.Number(baseline) : null,
                })]),
            });
            return ExitCode.Success;
        }

        var table = Screen.Table("check", "value", "unit", "held against");
        foreach (var check in report.Checks)
            table.AddRow(check.Name, Number(check.Value), check.Unit, check.Baseline is { } baseline ? Number(baseline) : "");
        Screen.Create(output).Write(table);
        return ExitCode.Success;
    }

    private static string Number(double value) => value.ToString(value == Math.Truncate(value) ? "0" : "0.000", CultureInfo.InvariantCulture);
}

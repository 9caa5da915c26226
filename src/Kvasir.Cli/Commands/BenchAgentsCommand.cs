using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Agents;
using Kvasir.Benchmarks.Agents.Html;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench agents</c>: agents that borrow rows from each other.</summary>
internal sealed class BenchAgentsCommand : Command, IHelpTopics
{
    private readonly Option<bool> _quick = new("--quick") { Description = "One seed and few points on the curves: some minutes." };

    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = $"{NamedModel.Description} It must be able to read. Default: the bundled model.",
        HelpName = NamedModel.HelpName,
    };

    private readonly Option<int?> _seeds = new("--seeds") { Description = "Independent repetitions. Default: 5; quick: 1.", HelpName = "N" };

    private readonly Option<string[]> _suites = new("--suite")
    {
        Description = $"Only these, of {string.Join(", ", AgentBenchmark.Suites)}; may be given several times.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [.. AgentBenchmark.Suites],
    };

    private readonly Option<int?> _threads = new("--threads", "-t") { Description = "Worker threads. Default: the processors of the machine.", HelpName = "N" };

    private readonly Option<string?> _html = new("--html") { Description = "Writes the report with its plots as one HTML file.", HelpName = "FILE" };

    private readonly JsonOption _json = new("{checks: [{name, value, low, high, unit, baseline, note}], curves: [{curve, policy, x, reuseRate, tokenShare, agreement, firstTokenKl, rowError}]}");

    public BenchAgentsCommand()
        : base("agents", "Measures teams of agents that predict rows from each other's texts (KVCOMM), against dense runs.")
    {
        Add(_quick);
        Add(_model);
        Add(_seeds);
        Add(_suites);
        _suites.AcceptOnlyFromAmong([.. AgentBenchmark.Suites]);
        Add(_threads);
        Add(_html);
        Add(_json);
        SetAction(RunAsync);
    }

    public string Details => """
        stream: a hundred look-ups handed from agent to agent; how many calls are predicted, and whether they answer like dense ones.
        Tasks held out, in every way of reuse and by CacheBlend at 20 %. replay: an anchor's own text. time: first tokens of five agents over a long text.
        curves: reuse and agreement by γ, by the capacity of the pools, by the scale of distances, and by how sure the first token must be.
        low and high: 95 % interval of the mean over seeds. Ctrl-C ends it with what was measured.
        """;

    public IReadOnlyList<string> Examples => ["kvasir bench agents --quick", "kvasir bench agents --html report.html", "kvasir bench agents --suite time --json"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new AgentBenchmarkOptions
        {
            Model = NamedModel.OrDefault(parsed.GetValue(_model)),
            Quick = parsed.GetValue(_quick),
            Seeds = parsed.GetValue(_seeds),
            Suites = parsed.GetValue(_suites)!,
            Threads = parsed.GetValue(_threads),
        };
        var report = await AgentBenchmark.RunAsync(options, new ProgressLines(parsed.InvocationConfiguration.Error), cancellation).ConfigureAwait(false);
        if (parsed.GetValue(_html) is { } html)
            await File.WriteAllTextAsync(html, AgentPage.Write(report, Path.GetFileName(options.Model)), CancellationToken.None).ConfigureAwait(false);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, Json(report));
        else
            Write(output, report);
        return report.Interrupted ? ExitCode.Interrupted : ExitCode.Success;
    }

    private static void Write(TextWriter output, AgentReport report)
    {
        var screen = Screen.Create(output);
        foreach (var group in report.Curves.GroupBy(curve => curve.Curve))
        {
            var curves = Screen.Table(group.Key, "", "reuse", "tokens", "agreement", "first-token KL", "row error");
            foreach (var curve in group)
                curves.AddRow(curve.Policy, CheckOutput.Number(curve.X), CheckOutput.Number(curve.ReuseRate), CheckOutput.Number(curve.TokenShare), CheckOutput.Number(curve.Agreement), CheckOutput.Number(curve.FirstTokenKl), CheckOutput.Number(curve.RowError));
            screen.Write(curves);
        }

        screen.Write(CheckOutput.Table(report.Checks));
    }

    private static JsonObject Json(AgentReport report) => new()
    {
        ["checks"] = CheckOutput.Json(report.Checks),
        ["curves"] = new JsonArray([.. report.Curves.Select(curve => new JsonObject
        {
            ["curve"] = curve.Curve,
            ["policy"] = curve.Policy,
            ["x"] = JsonOutput.Number(curve.X),
            ["reuseRate"] = JsonOutput.Number(curve.ReuseRate),
            ["tokenShare"] = JsonOutput.Number(curve.TokenShare),
            ["agreement"] = JsonOutput.Number(curve.Agreement),
            ["firstTokenKl"] = JsonOutput.Number(curve.FirstTokenKl),
            ["rowError"] = JsonOutput.Number(curve.RowError),
        })]),
    };
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.ScBench;
using Kvasir.Benchmarks.ScBench.Html;
using Kvasir.Benchmarks.ScBench.Workloads;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench scbench</c>: ways of keeping keys and values, judged by what is left for the second question.</summary>
internal sealed class BenchScbenchCommand : Command, IHelpTopics
{
    private readonly Option<bool> _quick = new("--quick") { Description = "Two sessions of 1,000 tokens each, and a budget of 1/8 alone." };

    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = $"{NamedModel.Description} Default: the bundled model.",
        HelpName = NamedModel.HelpName,
    };

    private readonly Option<int[]> _lengths = new("--length")
    {
        Description = $"Tokens of a context, {ScBenchmark.LeastLength} or more; may be given several times. Default: 4000; quick: 1000.",
        HelpName = "N",
    };

    private readonly Option<string[]> _tasks = Names("--tasks", "tasks", ScBenchOptions.AllTasks);
    private readonly Option<string[]> _modes = Names("--modes", "modes", ScModes.Names, ["multi-turn", "multi-request"]);
    private readonly KvMethodOptionSet _methods = new(ScBenchOptions.UsualPolicies);
    private readonly Option<int?> _sessions = new("--sessions") { Description = "Sessions of each task and length. Default: 10; quick: 2.", HelpName = "N" };
    private readonly Option<int> _seed = new("--seed") { Description = "Other sessions of the same kinds.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<ScForm> _form = new("--form") { Description = "small: short keys and the wording that the bundled model knows. full: as published." };
    private readonly Option<string?> _out = new("--out") { Description = "Keeps what was measured, a line a session; the same file again goes on with it.", HelpName = "FILE" };
    private readonly Option<int?> _threads = new("--threads", "-t") { Description = "Worker threads. Default: the processors of the machine.", HelpName = "N" };
    private readonly Option<string?> _html = new("--html") { Description = "Writes the report with its curves as one HTML file.", HelpName = "FILE" };

    private readonly JsonOption _json = new("{rows: [{task, length, mode, turn, policy, budget, bytes, score, sessions, valid}], costs: [{mode, policy, budget, prefillFlops, writtenBytes, foundBytes, readBytesPerStep}], checks: [{name, value, low, high, unit, baseline, note}]}");

    public BenchScbenchCommand()
        : base("scbench", "Measures what ways of keeping keys and values leave for later questions about the same context (SCBench).")
    {
        Add(_quick);
        Add(_model);
        Add(_lengths);
        Add(_tasks);
        Add(_modes);
        _methods.AddTo(this);
        Add(_sessions);
        Add(_seed);
        Add(_form);
        Add(_out);
        Add(_threads);
        Add(_html);
        Add(_json);
        SetAction(RunAsync);
    }

    public string Details => $"""
        multi-turn: a conversation with the reference answers in its history; context and first question are encoded together.
        multi-turn-own: the same with the model's own answers. multi-request: the context is encoded alone and frozen.
        turn 0 is the mean over the turns. valid is false where the model with its whole cache does not answer the first turn: {ScPage.Void}.
        fresh computes everything again for each question; its answers must be those of full. Ctrl-C ends it with what was measured.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir bench scbench --quick",
        "kvasir bench scbench --tasks kv many-shot --length 1000 --length 4000 --out scbench.jsonl --html report.html",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new ScBenchOptions
        {
            Model = NamedModel.OrDefault(parsed.GetValue(_model)),
            Quick = parsed.GetValue(_quick),
            Lengths = parsed.GetValue(_lengths),
            Tasks = parsed.GetValue(_tasks),
            Modes = [.. parsed.GetValue(_modes)!.Select(ScModes.Parse)],
            Policies = _methods.Policies(parsed),
            Budgets = _methods.Budgets(parsed),
            Sessions = parsed.GetValue(_sessions),
            Seed = parsed.GetValue(_seed),
            Form = parsed.GetValue(_form),
            State = parsed.GetValue(_out),
            Threads = parsed.GetValue(_threads),
        };
        var report = await ScBenchmark.RunAsync(options, new ProgressLines(parsed.InvocationConfiguration.Error), cancellation).ConfigureAwait(false);
        if (parsed.GetValue(_html) is { } html)
            await File.WriteAllTextAsync(html, ScPage.Write(report, Path.GetFileName(options.Model)), CancellationToken.None).ConfigureAwait(false);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, Json(report));
        else
            Write(output, report);
        return report.Interrupted ? ExitCode.Interrupted : ExitCode.Success;
    }

    private static Option<string[]> Names(string name, string what, IReadOnlyList<string> known, string[]? used = null)
    {
        var option = new Option<string[]>(name)
        {
            Description = $"Only these {what}, of {string.Join(", ", known)}. Default: {(used is null ? "all" : string.Join(", ", used))}.",
            HelpName = "NAME",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => used ?? [.. known],
        };
        return option.AcceptOnlyFromAmong([.. known]);
    }

    private static void Write(TextWriter output, ScReport report)
    {
        var screen = Screen.Create(output);
        foreach (var cell in report.Rows.GroupBy(row => (row.Task, row.Length, row.Mode)))
        {
            var turns = cell.Select(row => row.Turn).Where(turn => turn > 0).Distinct().Order().ToArray();
            var mark = cell.First().Valid == false ? $"; {ScPage.Void}" : "";
            var table = Screen.Table([$"{cell.Key.Task}, {cell.Key.Length} tokens, {cell.Key.Mode}{mark}", "context", .. turns.Select(turn => $"turn {turn}"), "mean"]);
            foreach (var method in cell.GroupBy(row => (row.Policy, row.Budget)))
            {
                table.AddRow([
                    string.Create(CultureInfo.InvariantCulture, $"{method.Key.Policy} {method.Key.Budget:0.###}"),
                    Screen.Size((long)method.First().Bytes),
                    .. turns.Select(turn => Number(method.First(row => row.Turn == turn).Score)),
                    Number(method.First(row => row.Turn == 0).Score)]);
            }

            screen.Write(table);
        }

        var costs = Screen.Table("mode", "policy", "prefill, GFLOP", "written", "found", "read a step");
        foreach (var cost in report.Costs)
            costs.AddRow(cost.Mode, string.Create(CultureInfo.InvariantCulture, $"{cost.Policy} {cost.Budget:0.###}"), Number(cost.PrefillFlops / 1e9), Screen.Size((long)cost.WrittenBytes), Screen.Size((long)cost.FoundBytes), Screen.Size((long)cost.ReadBytesPerStep));
        screen.Write(costs);
        screen.Write(CheckOutput.Table(report.Checks));
    }

    private static JsonObject Json(ScReport report) => new()
    {
        ["rows"] = new JsonArray([.. report.Rows.Select(row => new JsonObject
        {
            ["task"] = row.Task,
            ["length"] = row.Length,
            ["mode"] = row.Mode,
            ["turn"] = row.Turn,
            ["policy"] = row.Policy,
            ["budget"] = JsonOutput.Number(row.Budget),
            ["bytes"] = JsonOutput.Number(row.Bytes),
            ["score"] = JsonOutput.Number(row.Score),
            ["sessions"] = row.Sessions,
            ["valid"] = row.Valid,
        })]),
        ["costs"] = new JsonArray([.. report.Costs.Select(cost => new JsonObject
        {
            ["mode"] = cost.Mode,
            ["policy"] = cost.Policy,
            ["budget"] = JsonOutput.Number(cost.Budget),
            ["prefillFlops"] = JsonOutput.Number(cost.PrefillFlops),
            ["writtenBytes"] = JsonOutput.Number(cost.WrittenBytes),
            ["foundBytes"] = JsonOutput.Number(cost.FoundBytes),
            ["readBytesPerStep"] = JsonOutput.Number(cost.ReadBytesPerStep),
        })]),
        ["checks"] = CheckOutput.Json(report.Checks),
    };

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "0" : "0.###", CultureInfo.InvariantCulture);
}

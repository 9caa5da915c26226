using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Needle;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench needle</c>: a pass key at every depth of texts of every length.</summary>
internal sealed class BenchNeedleCommand : Command, IHelpTopics
{
    private readonly Option<bool> _quick = new("--quick") { Description = "Two texts each, of 1,000 tokens, at three depths." };
    private readonly Option<string?> _model = new("--model", "-m") { Description = $"{NamedModel.Description} Default: the bundled model.", HelpName = NamedModel.HelpName };
    private readonly Option<int[]> _lengths = new("--length") { Description = "Tokens of a text; may be given several times. Default: 1000, 2000, 4000.", HelpName = "N" };
    private readonly Option<double[]> _depths = new("--depth") { Description = "Where the pass key lies, 0 to 1; may be given several times. Default: 0, 0.25, 0.5, 0.75, 1.", HelpName = "SHARE" };
    private readonly Option<int?> _samples = new("--samples") { Description = "Texts of each length and depth. Default: 5.", HelpName = "N" };
    private readonly Option<int> _seed = new("--seed") { Description = "Other texts and keys.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly KvMethodOptionSet _methods = new(["full"]);
    private readonly Option<int?> _threads = new("--threads", "-t") { Description = "Worker threads. Default: the processors of the machine.", HelpName = "N" };
    private readonly JsonOption _json = new("{cells: [{policy, budget, length, depth, score, samples}]}");

    public BenchNeedleCommand()
        : base("needle", "Hides a pass key at every depth of texts of every length, and asks for it after the text was encoded.")
    {
        Add(_quick);
        Add(_model);
        Add(_lengths);
        Add(_depths);
        Add(_samples);
        Add(_seed);
        _methods.AddTo(this);
        Add(_threads);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples => ["kvasir bench needle --quick", "kvasir bench needle --policies full q8_0 --length 2000 --length 6000 --json"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new NeedleOptions { Model = NamedModel.OrDefault(parsed.GetValue(_model)), Seed = parsed.GetValue(_seed), Threads = parsed.GetValue(_threads) };
        if (parsed.GetValue(_quick))
            options = options with { Lengths = [1000], Depths = [0, 0.5, 1], Samples = 2 };
        if (parsed.GetValue(_lengths) is { Length: > 0 } lengths)
            options = options with { Lengths = lengths };
        if (parsed.GetValue(_depths) is { Length: > 0 } depths)
            options = options with { Depths = depths };
        options = options with { Samples = parsed.GetValue(_samples) ?? options.Samples, Policies = _methods.Policies(parsed), Budgets = _methods.Budgets(parsed) ?? options.Budgets };
        var report = await NeedleBenchmark.RunAsync(options, new ProgressLines(parsed.InvocationConfiguration.Error), cancellation).ConfigureAwait(false);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["cells"] = new JsonArray([.. report.Cells.Select(cell => new JsonObject
                {
                    ["policy"] = cell.Policy,
                    ["budget"] = JsonOutput.Number(cell.Budget),
                    ["length"] = cell.Length,
                    ["depth"] = JsonOutput.Number(cell.Depth),
                    ["score"] = JsonOutput.Number(cell.Score),
                    ["samples"] = cell.Samples,
                })]),
            });
        }
        else
        {
            Write(output, report);
        }

        return report.Interrupted ? ExitCode.Interrupted : ExitCode.Success;
    }

    private static void Write(TextWriter output, NeedleReport report)
    {
        var screen = Screen.Create(output);
        foreach (var method in report.Cells.GroupBy(cell => (cell.Policy, cell.Budget)))
        {
            var lengths = method.Select(cell => cell.Length).Distinct().ToArray();
            var table = Screen.Table([$"{method.Key.Policy} {Number(method.Key.Budget)}: depth", .. lengths.Select(length => $"{length} tokens")]);
            foreach (var depth in method.GroupBy(cell => cell.Depth))
                table.AddRow([Number(depth.Key), .. lengths.Select(length => depth.FirstOrDefault(cell => cell.Length == length) is { } cell ? Number(cell.Score) : "")]);
            screen.Write(table);
        }
    }

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}

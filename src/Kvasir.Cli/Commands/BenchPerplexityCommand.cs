using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Demo;
using Kvasir.Benchmarks.Perplexities;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench perplexity</c>: what ways of keeping keys and values cost in prediction.</summary>
internal sealed class BenchPerplexityCommand : Command, IHelpTopics
{
    private readonly Option<bool> _quick = new("--quick") { Description = "One piece, 64 tokens judged." };
    private readonly Option<string?> _model = new("--model", "-m") { Description = $"{NamedModel.Description} Default: the bundled model.", HelpName = NamedModel.HelpName };
    private readonly Option<string?> _file = new("--file", "-f") { Description = "The text. Default: the demo's document.", HelpName = "FILE" };
    private readonly Option<int?> _context = new("--context") { Description = "Tokens of a piece that are encoded before anything is judged. Default: 1024.", HelpName = "N" };
    private readonly Option<int?> _tokens = new("--tokens") { Description = "Tokens behind them that are judged. Default: 128.", HelpName = "N" };
    private readonly Option<int?> _pieces = new("--pieces") { Description = "Most pieces of the text. Default: 4.", HelpName = "N" };
    private readonly KvMethodOptionSet _methods = new(["full", "q8_0"]);
    private readonly Option<int?> _threads = new("--threads", "-t") { Description = "Worker threads. Default: the processors of the machine.", HelpName = "N" };
    private readonly JsonOption _json = new("{rows: [{policy, budget, bytes, tokens, perplexity, change, changeLow, changeHigh, kl, agreement}], pieces}");

    public BenchPerplexityCommand()
        : base("perplexity", "Reads a text with several ways of keeping keys and values: perplexity, and divergence from the whole cache token by token.")
    {
        Add(_quick);
        Add(_model);
        Add(_file);
        Add(_context);
        Add(_tokens);
        Add(_pieces);
        _methods.AddTo(this);
        Add(_threads);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples => ["kvasir bench perplexity --quick", "kvasir bench perplexity --file book.txt --policies full bf16 q8_0 --context 4000 --json"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new PerplexityOptions
        {
            Model = NamedModel.OrDefault(parsed.GetValue(_model)),
            Text = DemoSet.ReadDocument(parsed.GetValue(_file) ?? Path.Combine(BundledFiles.Demo(), "document.txt")),
            Policies = _methods.Policies(parsed),
            Threads = parsed.GetValue(_threads),
        };
        if (parsed.GetValue(_quick))
            options = options with { Pieces = 1, JudgedTokens = 64 };
        options = options with
        {
            ContextTokens = parsed.GetValue(_context) ?? options.ContextTokens,
            JudgedTokens = parsed.GetValue(_tokens) ?? options.JudgedTokens,
            Pieces = parsed.GetValue(_pieces) ?? options.Pieces,
            Budgets = _methods.Budgets(parsed) ?? options.Budgets,
        };
        var report = await PerplexityBenchmark.RunAsync(options, new ProgressLines(parsed.InvocationConfiguration.Error), cancellation).ConfigureAwait(false);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, Json(report));
        else
            Write(output, report);
        return report.Interrupted ? ExitCode.Interrupted : ExitCode.Success;
    }

    private static void Write(TextWriter output, PerplexityReport report)
    {
        var table = Screen.Table("policy", "context", "tokens", "perplexity", "change", "KL, nats", "same top token");
        foreach (var row in report.Rows)
        {
            table.AddRow(
                $"{row.Policy} {row.Budget.ToString("0.###", CultureInfo.InvariantCulture)}", Screen.Size((long)row.Bytes), Screen.Count(row.Tokens), Number(row.Perplexity, "0.000"), Number(100 * row.Change, "0.00") + " %", Number(row.Kl, "0.000000"), Number(row.Agreement, "0.000"));
        }

        Screen.Create(output).Write(table);
    }

    private static JsonObject Json(PerplexityReport report) => new()
    {
        ["rows"] = new JsonArray([.. report.Rows.Select(row => new JsonObject
        {
            ["policy"] = row.Policy,
            ["budget"] = JsonOutput.Number(row.Budget),
            ["bytes"] = JsonOutput.Number(row.Bytes),
            ["tokens"] = row.Tokens,
            ["perplexity"] = JsonOutput.Number(row.Perplexity),
            ["change"] = JsonOutput.Number(row.Change),
            ["changeLow"] = JsonOutput.Number(row.ChangeLow),
            ["changeHigh"] = JsonOutput.Number(row.ChangeHigh),
            ["kl"] = JsonOutput.Number(row.Kl),
            ["agreement"] = JsonOutput.Number(row.Agreement),
        })]),
        ["pieces"] = report.Pieces,
    };

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

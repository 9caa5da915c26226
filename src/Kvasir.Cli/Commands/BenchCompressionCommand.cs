using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Compression;
using Kvasir.Benchmarks.Demo;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench compression</c>: smaller KV caches against the whole one.</summary>
internal sealed class BenchCompressionCommand : Command, IHelpTopics
{
    private readonly Option<bool> _quick = new("--quick") { Description = "Few prompts and short contexts: some minutes." };

    private readonly Option<string?> _model = new("--model", "-m") { Description = $"{NamedModel.Description} It must be able to read. Default: the bundled model.", HelpName = NamedModel.HelpName };

    private readonly Option<string?> _speedModel = new("--speed-model") { Description = "Another model to time decoding of a batch of 16; only its shape matters.", HelpName = NamedModel.HelpName };

    private readonly Option<string[]> _suites = new("--suite")
    {
        Description = $"Only these, of {string.Join(", ", CompressionBenchmark.Suites)}; may be given several times.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [.. CompressionBenchmark.Suites],
    };

    private readonly Option<string?> _file = new("--file", "-f") { Description = "The text that perplexities are of. Default: the demo's document.", HelpName = "FILE" };

    private readonly Option<int?> _prompts = new("--prompts") { Description = "Prompts of the comparisons. Default: 60; quick: 12.", HelpName = "N" };

    private readonly Option<int?> _length = new("--length") { Description = "Tokens of a context. Default: 2000; quick: 1000.", HelpName = "N" };

    private readonly Option<int> _seed = new("--seed") { Description = "Other prompts of the same kinds.", HelpName = "N", DefaultValueFactory = _ => 1 };

    private readonly Option<int?> _threads = new("--threads", "-t") { Description = "Worker threads. Default: the processors of the machine.", HelpName = "N" };

    private readonly JsonOption _json = new($"{{checks: [{CheckOutput.Shape}], curves: [{{suite, policy, budget, rows, bytes, kl, agreement, massKept}}]}}");

    public BenchCompressionCommand()
        : base("compression", "Measures smaller KV caches against the whole one: quality at equal rows, memory, speed.")
    {
        Add(_quick);
        Add(_model);
        Add(_speedModel);
        Add(_suites);
        _suites.AcceptOnlyFromAmong([.. CompressionBenchmark.Suites]);
        Add(_file);
        Add(_prompts);
        Add(_length);
        Add(_seed);
        Add(_threads);
        Add(_json);
        SetAction(RunAsync);
    }

    public string Details => """
        layers: ways to share a small budget over layers and heads, questions seen. heads: RazorAttention, questions asked afterwards.
        profile: whether other needles show the same heads, and what the model finds without them. orderings: orders that the survey gives as known. recall: what 1, 3 and 5 % of the rows still know.
        merge: merging against dropping. lazy: answers that return to the prompt. sparse: reading less than is kept.
        quantised: 8, 4 and 2 bits (KIVI), fewer dimensions (Palu), alone and with fewer rows, at equal bytes, scales and indices counted. cascade, selection, decode, throughput: memory and speed.
        kl is the divergence from the whole cache while both read the reference answer. Ctrl-C ends it with what was measured.
        """;

    public IReadOnlyList<string> Examples => ["kvasir bench compression --quick", "kvasir bench compression --suite layers --prompts 100 --json"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new CompressionOptions
        {
            Model = NamedModel.OrDefault(parsed.GetValue(_model)),
            SpeedModel = parsed.GetValue(_speedModel) is { } speed ? NamedModel.OrDefault(speed) : null,
            Quick = parsed.GetValue(_quick),
            Text = DemoSet.ReadDocument(parsed.GetValue(_file) ?? Path.Combine(BundledFiles.Demo(), "document.txt")),
            Suites = parsed.GetValue(_suites)!,
            Prompts = parsed.GetValue(_prompts),
            Length = parsed.GetValue(_length),
            Seed = parsed.GetValue(_seed),
            Threads = parsed.GetValue(_threads),
        };
        var report = await CompressionBenchmark.RunAsync(options, new ProgressLines(parsed.InvocationConfiguration.Error), cancellation).ConfigureAwait(false);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, Json(report));
        else
            Write(output, report);
        return report.Interrupted ? ExitCode.Interrupted : ExitCode.Success;
    }

    private static void Write(TextWriter output, CompressionReport report)
    {
        var screen = Screen.Create(output);
        foreach (var suite in report.Curves.GroupBy(curve => curve.Suite))
        {
            var table = Screen.Table(suite.Key, "rows", "of", "bytes", "KL", "agreement", "mass kept");
            foreach (var curve in suite)
            {
                table.AddRow(
                    curve.Policy, CheckOutput.Number(curve.Budget), CheckOutput.Number(curve.Rows), CheckOutput.Number(curve.Bytes), CheckOutput.Number(curve.Kl), CheckOutput.Number(curve.Agreement), CheckOutput.Number(curve.MassKept));
            }

            screen.Write(table);
        }

        screen.Write(CheckOutput.Table(report.Checks));
    }

    private static JsonObject Json(CompressionReport report) => new()
    {
        ["checks"] = CheckOutput.Json(report.Checks),
        ["curves"] = new JsonArray([.. report.Curves.Select(curve => new JsonObject
        {
            ["suite"] = curve.Suite,
            ["policy"] = curve.Policy,
            ["budget"] = curve.Budget,
            ["rows"] = JsonOutput.Number(curve.Rows),
            ["bytes"] = JsonOutput.Number(curve.Bytes),
            ["kl"] = JsonOutput.Number(curve.Kl),
            ["agreement"] = JsonOutput.Number(curve.Agreement),
            ["massKept"] = double.IsNaN(curve.MassKept) ? null : JsonOutput.Number(curve.MassKept),
        })]),
    };
}

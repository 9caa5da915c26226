using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Rag;
using Kvasir.Benchmarks.Rag.Html;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench rag</c>: reuse of chunks that are no prefix.</summary>
internal sealed class BenchRagCommand : Command, IHelpTopics
{
    private readonly Option<bool> _quick = new("--quick") { Description = "One seed, few and short prompts: some minutes instead of hours." };

    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = $"{NamedModel.Description} It must be able to read. Default: the bundled model.",
        HelpName = NamedModel.HelpName,
    };

    private readonly Option<string?> _longModel = new("--long-model")
    {
        Description = "Model of the long prompts, whose answers do not matter. Default: --model.",
        HelpName = NamedModel.HelpName,
    };

    private readonly Option<int?> _seeds = new("--seeds") { Description = "Independent repetitions. Default: 5; quick: 1.", HelpName = "N" };

    private readonly Option<int[]> _prompts = new("--prompt-tokens")
    {
        Description = "Tokens of the chunks of a prompt whose answer needs the chunk before; may be given several times.",
        HelpName = "N",
        DefaultValueFactory = _ => [1000],
    };

    private readonly Option<string[]> _suites = new("--suite")
    {
        Description = $"Only these, of {string.Join(", ", RagBenchmark.Suites)}; may be given several times.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [.. RagBenchmark.Suites],
    };

    private readonly Option<double> _alpha = new("--alpha")
    {
        Description = "Cache-Craft's factor of repair on the trace and in the endurance; the suite alpha looks for a model's own.",
        HelpName = "FACTOR",
        DefaultValueFactory = _ => RagBenchmarkOptions.UsualAlpha,
    };

    private readonly Option<int?> _threads = new("--threads", "-t") { Description = "Worker threads. Default: the processors of the machine.", HelpName = "N" };

    private readonly Option<string?> _html = new("--html") { Description = "Writes the report with its plots as one HTML file.", HelpName = "FILE" };

    private readonly JsonOption _json = new("{checks: [{name, value, low, high, unit, baseline, note}], curves: [{workload, policy, recomputeRatio, exactMatch, exactMatchLow, exactMatchHigh, firstTokenKl, ttftMs, tokenLayerShare}]}");

    public BenchRagCommand()
        : base("rag", "Measures reuse of chunks that are no prefix: quality, time and memory of every policy against full recomputation.")
    {
        Add(_quick);
        Add(_model);
        Add(_longModel);
        Add(_seeds);
        Add(_prompts);
        Add(_suites);
        _suites.AcceptOnlyFromAmong([.. RagBenchmark.Suites]);
        Add(_alpha);
        Add(_threads);
        Add(_html);
        Add(_json);
        SetAction(RunAsync);
    }

    public string Details => """
        exact: ratio 1 gives the bits of full recomputation; unchanged context needs no repair; several at once; memory.
        quality: right answers and first-token KL against the share of repaired rows. decode: how the error grows along an answer.
        context: whether what the policies go by tells the truth. deviation: attention against the share of repaired rows.
        alpha: Cache-Craft's factor for this model. loading: repair beside chunks that come from a slow tier. queue: cache-aware scheduling.
        trace: retrieval with popular chunks. templates: fragments at any offset.
        endurance: the same documents in ever new orders. long: time to the first token of long prompts.
        low and high: 95 % interval of the mean over seeds. Ctrl-C ends it with what was measured.
        """;

    public IReadOnlyList<string> Examples => ["kvasir bench rag --quick", "kvasir bench rag --suite quality --html report.html", "kvasir bench rag --suite long --long-model model.gguf --json"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new RagBenchmarkOptions
        {
            Model = NamedModel.OrDefault(parsed.GetValue(_model)),
            LongModel = parsed.GetValue(_longModel) is { } named ? NamedModel.OrDefault(named) : null,
            Quick = parsed.GetValue(_quick),
            Seeds = parsed.GetValue(_seeds),
            PromptTokens = parsed.GetValue(_prompts)!,
            Suites = parsed.GetValue(_suites)!,
            CraftAlpha = parsed.GetValue(_alpha),
            Threads = parsed.GetValue(_threads),
        };
        var report = await RagBenchmark.RunAsync(options, new ProgressLines(parsed.InvocationConfiguration.Error), cancellation).ConfigureAwait(false);
        if (parsed.GetValue(_html) is { } html)
            await File.WriteAllTextAsync(html, RagPage.Write(report, Path.GetFileName(options.Model)), CancellationToken.None).ConfigureAwait(false);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, Json(report));
        else
            Write(output, report);
        return report.Interrupted ? ExitCode.Interrupted : ExitCode.Success;
    }

    private static void Write(TextWriter output, RagReport report)
    {
        var screen = Screen.Create(output);
        foreach (var workload in report.Curves.GroupBy(curve => curve.Workload))
        {
            var curves = Screen.Table(workload.Key, "repaired", "exact match", "95 %", "first-token KL", "TTFT", "token-layers");
            foreach (var curve in workload)
            {
                curves.AddRow(
                    curve.Policy, Number(curve.RecomputeRatio), Number(curve.ExactMatch.Mean), Range(curve.ExactMatch), Number(curve.FirstTokenKl.Mean), $"{Number(curve.TtftMs)} ms", Number(curve.TokenLayerShare));
            }

            screen.Write(curves);
        }

        screen.Write(CheckOutput.Table(report.Checks));
    }

    private static JsonObject Json(RagReport report) => new()
    {
        ["checks"] = CheckOutput.Json(report.Checks),
        ["curves"] = new JsonArray([.. report.Curves.Select(curve => new JsonObject
        {
            ["workload"] = curve.Workload,
            ["policy"] = curve.Policy,
            ["recomputeRatio"] = JsonOutput.Number(curve.RecomputeRatio),
            ["exactMatch"] = JsonOutput.Number(curve.ExactMatch.Mean),
            ["exactMatchLow"] = JsonOutput.Number(curve.ExactMatch.Low),
            ["exactMatchHigh"] = JsonOutput.Number(curve.ExactMatch.High),
            ["firstTokenKl"] = JsonOutput.Number(curve.FirstTokenKl.Mean),
            ["ttftMs"] = JsonOutput.Number(curve.TtftMs),
            ["tokenLayerShare"] = JsonOutput.Number(curve.TokenLayerShare),
        })]),
    };

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "0" : "0.###", CultureInfo.InvariantCulture);

    private static string Range(Interval interval) => double.IsNaN(interval.Low) ? "" : $"{Number(interval.Low)} to {Number(interval.High)}";
}

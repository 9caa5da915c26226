using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Retention;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench retention</c>: policies of tiers over seeded traffic.</summary>
internal sealed class BenchRetentionCommand : Command, IHelpTopics
{
    private readonly Option<bool> _quick = new("--quick") { Description = "A sixth of the prompts, three sizes of memory." };

    private readonly Option<string[]> _traces = new("--trace")
    {
        Description = $"Only this, of {string.Join(", ", RetentionBenchmark.Traces)}; may be given several times.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [.. RetentionBenchmark.Traces],
    };

    private readonly Option<int> _seed = new("--seed")
    {
        Description = "Other traces of the same kinds.",
        HelpName = "N",
        DefaultValueFactory = _ => new RetentionBenchmarkOptions().Seed,
    };

    private readonly JsonOption _json = new("{traces: [{trace, policy, memoryFraction, bytes, hitRate}], ghost: [{trace, memoryFraction, bytes, predicted, simulated, samplingRate}]}");

    public BenchRetentionCommand()
        : base("retention", "Simulates which chunks of KV a tier keeps: hit rate against memory for each policy, beside the best that is possible.")
    {
        Add(_quick);
        Add(_traces);
        _traces.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !RetentionBenchmark.Traces.Contains(token.Value)))
                result.AddError($"--trace is '{token.Value}'; known: {string.Join(", ", RetentionBenchmark.Traces)}");
        });
        Add(_seed);
        Add(_json);
        SetAction(Run);
    }

    public string Details => $"""
        Rates are shares of the tokens in whole chunks of {RetentionTrace.ChunkTokens}; a chunk is found only when all before it are. Memory is a share of all different chunks.
        {RetentionBenchmark.Bound}: what a tier that knows the future finds; no policy can find more.
        ttl: objects live {RetentionBenchmark.TimeToLive.TotalMinutes:0} minutes. pinned: LRU with system prompts and tools pinned.
        ghost: what the ghost index of a running server would say of LRU with so much memory, from all prompts.
        Nothing is timed: the same seed gives the same numbers everywhere. Ctrl-C ends it with what was measured.
        """;

    public IReadOnlyList<string> Examples => ["kvasir bench retention", "kvasir bench retention --quick --trace rag --json"];

    private Task<int> Run(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new RetentionBenchmarkOptions
        {
            Quick = parsed.GetValue(_quick),
            Seed = parsed.GetValue(_seed),
            Traces = parsed.GetValue(_traces),
        };
        var report = RetentionBenchmark.Run(options, new ProgressLines(parsed.InvocationConfiguration.Error), cancellation);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, Json(report));
        else
            Write(output, report);
        return Task.FromResult(report.Interrupted ? ExitCode.Interrupted : ExitCode.Success);
    }

    private static void Write(TextWriter output, RetentionReport report)
    {
        var screen = Screen.Create(output);
        foreach (var trace in report.Rows.GroupBy(row => row.Trace))
        {
            var sizes = trace.GroupBy(row => (row.MemoryFraction, row.Bytes)).Select(group => group.Key).ToArray();
            var table = Screen.Table([trace.Key, .. sizes.Select(size => $"{Percent(size.MemoryFraction)} ({Screen.Size(size.Bytes)})")]);
            foreach (var policy in trace.GroupBy(row => row.Policy))
                table.AddRow([policy.Key, .. policy.Select(row => Percent(row.HitRate))]);
            var ghost = report.Ghost.Where(row => row.Trace == trace.Key).ToArray();
            table.AddRow(["ghost index of lru", .. ghost.Select(row => $"{Percent(row.Predicted)} ({Points(row.Predicted - row.Simulated)})")]);
            screen.Write(table);
        }
    }

    private static JsonObject Json(RetentionReport report) => new()
    {
        ["traces"] = new JsonArray([.. report.Rows.Select(row => new JsonObject
        {
            ["trace"] = row.Trace,
            ["policy"] = row.Policy,
            ["memoryFraction"] = JsonOutput.Number(row.MemoryFraction),
            ["bytes"] = row.Bytes,
            ["hitRate"] = JsonOutput.Number(row.HitRate),
        })]),
        ["ghost"] = new JsonArray([.. report.Ghost.Select(row => new JsonObject
        {
            ["trace"] = row.Trace,
            ["memoryFraction"] = JsonOutput.Number(row.MemoryFraction),
            ["bytes"] = row.Bytes,
            ["predicted"] = JsonOutput.Number(row.Predicted),
            ["simulated"] = JsonOutput.Number(row.Simulated),
            ["samplingRate"] = JsonOutput.Number(row.SamplingRate),
        })]),
    };

    private static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    private static string Points(double difference) => (100 * difference).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture);
}

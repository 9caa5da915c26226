using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Fuzzing;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir fuzz</c>: looks for a way of reusing that changes a bit.</summary>
internal sealed class FuzzCommand : Command, IHelpTopics
{
    private static readonly Dictionary<string, Sabotage> Sabotages = new(StringComparer.OrdinalIgnoreCase)
    {
        ["split-k"] = Sabotage.SplitK,
        ["tile-by-batch"] = Sabotage.TileByBatch,
        ["rope-off-by-one"] = Sabotage.RopeOffByOne,
        ["skip-cow"] = Sabotage.SkipCow,
        ["stale-tail"] = Sabotage.StaleTail,
        ["early-free"] = Sabotage.EarlyFree,
        ["adapter-scope"] = Sabotage.AdapterScope,
    };

    private readonly Option<double> _minutes = new("--minutes")
    {
        Description = "How long.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<long?> _schedules = new("--schedules") { Description = "Stop after so many schedules.", HelpName = "N" };

    private readonly Option<int> _seed = new("--seed")
    {
        Description = "The same seed draws the same schedules.",
        HelpName = "S",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<Sabotage> _sabotage = new("--sabotage")
    {
        Description = $"Plant a fault on purpose and stop when it is found: {string.Join(", ", Sabotages.Keys)}.",
        HelpName = "NAME",
        CustomParser = ParseSabotage,
        DefaultValueFactory = _ => Sabotage.None,
    };

    private readonly Option<string[]> _models = new("--model", "-m")
    {
        Description = "Fuzz this model beside the random ones; may be given several times.",
        HelpName = NamedModel.HelpName,
        DefaultValueFactory = _ => [],
    };

    private readonly JsonOption _json = new("{schedules, steps, rowsCompared, mismatches, leakedBlocks, …}");

    public FuzzCommand()
        : base("fuzz", "Looks for a way of reusing that changes a bit: random schedules against cold, lone runs.")
    {
        Add(new FuzzParsersCommand());
        Add(_minutes);
        Add(_schedules);
        Add(_seed);
        Add(_sabotage);
        Add(_models);
        Add(_json);
        _minutes.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (> 0 and <= 100_000))
                result.AddError($"--minutes is {result.GetValueOrDefault<double>()}; allowed: above 0, at most 100000");
        });
        SetAction(Run);
    }

    public string? Details => """
        Schedules mix shared prefixes, divergence, chunk sizes, batches, preemption, cancellation, forks, adapters, small pools, KV types,
        threads and instruction sets. Every logits row and every written key and value is compared with a cold, lone run.
        Exits 1 when a bit differs or a block leaks. With --sabotage it exits 0 only when the planted fault is found.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir fuzz --minutes 10 --seed 42",
        "kvasir fuzz --sabotage skip-cow",
    ];

    private Task<int> Run(ParseResult parsed, CancellationToken cancellation) => Task.Run(
        () =>
        {
            var sabotage = parsed.GetValue(_sabotage);
            var json = parsed.GetValue(_json);
            var options = new FuzzOptions
            {
                Duration = TimeSpan.FromMinutes(parsed.GetValue(_minutes)),
                MaxSchedules = parsed.GetValue(_schedules) ?? long.MaxValue,
                Seed = parsed.GetValue(_seed),
                Sabotage = sabotage,
                Models = [.. (parsed.GetValue(_models) ?? []).Select(NamedModel.Resolve)],
                StopAtMismatch = sabotage != Sabotage.None,
            };
            var report = Fuzzer.Run(options, json ? null : new FuzzLine(parsed.InvocationConfiguration.Error), cancellation);
            Print(parsed.InvocationConfiguration.Output, report, json);
            var found = report.Mismatches > 0 || report.LeakedBlocks > 0;
            return found == (sabotage != Sabotage.None) ? ExitCode.Success : ExitCode.Failure;
        },
        CancellationToken.None);

    private static JsonObject ToJson(FuzzReport report) => new()
    {
        ["seed"] = report.Seed,
        ["schedules"] = report.Schedules,
        ["steps"] = report.Steps,
        ["rowsCompared"] = report.RowsCompared,
        ["mismatches"] = report.Mismatches,
        ["leakedBlocks"] = report.LeakedBlocks,
        ["reusedRows"] = report.ReusedRows,
        ["preemptions"] = report.Preemptions,
        ["loadedRows"] = report.LoadedRows,
        ["blendedRows"] = report.BlendedRows,
        ["compressedRows"] = report.CompressedRows,
        ["cancellations"] = report.Cancellations,
        ["forks"] = report.Forks,
        ["adapterRequests"] = report.AdapterRequests,
        ["pairs"] = new JsonObject([.. report.Pairs.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value)))]),
        ["instructionSets"] = new JsonArray([.. report.InstructionSets.Select(name => JsonValue.Create(name))]),
        ["firstMismatch"] = report.FirstMismatch,
        ["secondsToFirstMismatch"] = report.SecondsToFirstMismatch,
        ["seconds"] = report.Seconds,
    };

    private static void Print(TextWriter output, FuzzReport report, bool json)
    {
        if (json)
        {
            JsonOutput.Write(output, ToJson(report));
            return;
        }

        output.WriteLine($"seed {report.Seed}: {Screen.Count(report.Schedules)} schedules, {Screen.Count(report.Steps)} steps, {Screen.Count(report.RowsCompared)} rows compared in {Screen.Time(TimeSpan.FromSeconds(report.Seconds))}");
        output.WriteLine($"{Screen.Count(report.ReusedRows)} rows reused, {Screen.Count(report.LoadedRows)} loaded from tiers, {Screen.Count(report.BlendedRows)} blended, {Screen.Count(report.CompressedRows)} read with smaller caches, {Screen.Count(report.Preemptions)} preemptions, {Screen.Count(report.Cancellations)} cancellations, {Screen.Count(report.Forks)} forks, {Screen.Count(report.AdapterRequests)} requests with adapters; instruction sets: {string.Join(", ", report.InstructionSets)}");
        output.WriteLine($"{Screen.Count(report.Mismatches)} mismatches, {Screen.Count(report.LeakedBlocks)} leaked blocks");
        if (report.FirstMismatch is { } first)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"first, after {report.SecondsToFirstMismatch:0.0} s: {first}"));
    }

    private static Sabotage ParseSabotage(ArgumentResult result)
    {
        var name = result.Tokens[0].Value;
        if (Sabotages.TryGetValue(name, out var sabotage))
            return sabotage;
        NamedValue.AddError(result, Sabotages.Keys);
        return Sabotage.None;
    }
}

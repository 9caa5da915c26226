using System.CommandLine;
using Kvasir.Benchmarks.Peers;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Cli.Start;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench peers</c>: Kvasir and other engines in turns on the same file.</summary>
internal sealed class BenchPeersCommand : Command, IHelpTopics
{
    private readonly Option<bool> _quick = new("--quick") { Description = "Seven checks, fewer rounds, long prompts with one number of threads." };

    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = "A .gguf file, or a pulled one's OWNER/NAME[:QUANT]. Default: the bundled model.",
        HelpName = NamedModel.HelpName,
    };

    private readonly Option<string?> _peers = new("--peers")
    {
        Description = $"A folder with peers, one a folder with a {PeerDefinition.FileName}. Default: scripts/peers of the repository.",
        HelpName = "FOLDER",
    };

    private readonly Option<string[]> _checks = new("--check")
    {
        Description = "Only this check; may be given several times.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _program = new("--program")
    {
        Description = "The kvasir program whose start and memory are measured, e.g. a published one. Default: this one.",
        HelpName = "PATH",
    };

    private readonly Option<int> _repeat = new("--repeat-disturbed")
    {
        Description = "Do a turn again, up to N times, when other processes disturbed it.",
        HelpName = "N",
    };

    private readonly Option<bool> _noLimits = new("--no-limits") { Description = "Do not measure the machine's limits." };

    private readonly Option<bool> _answerTurns = new("--answer-turns")
    {
        Description = "Be a peer: read turns from standard input and answer them (scripts/peers/README.md).",
    };

    private readonly Option<int> _context = new("--context")
    {
        Description = "With --answer-turns: most tokens of a sequence.",
        HelpName = "N",
        DefaultValueFactory = _ => 2048,
    };

    private readonly JsonOption _json = new("{machine, valid, pressure, limits, checks: [{name, kvasir, peer, ratio, limitFraction, unit, …}]}");
    private readonly TextReader _input;

    public BenchPeersCommand(TextReader input)
        : base("peers", "Measures Kvasir and other engines in turns on the same file, and how near the machine's limits it comes.")
    {
        _input = input;
        Add(_quick);
        Add(_model);
        Add(_peers);
        Add(_checks);
        Add(_program);
        Add(_repeat);
        Add(_noLimits);
        Add(_answerTurns);
        Add(_context);
        Add(_json);
        _checks.AcceptOnlyFromAmong([.. PeerBenchmarkOptions.AllChecks]);
        AtLeast(_context, 1);
        AtLeast(_repeat, 0);
        SetAction(RunAsync);
    }

    public string Details => $"""
        Checks: {string.Join(", ", PeerBenchmarkOptions.AllChecks)}.
        Each engine is timed with one thread and with all; the better one counts for it. Values are medians; ratio is kvasir / peer.
        A run is valid when other processes took at most 5 % of it (docs/performance.md). Ctrl-C ends it with what was measured.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir bench peers --model model.gguf --quick --json",
        "kvasir bench peers --model model.gguf --check decode0 --check prefill512",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var output = parsed.InvocationConfiguration.Output;
        var model = NamedModel.OrDefault(parsed.GetValue(_model));
        if (parsed.GetValue(_answerTurns))
        {
            await TurnServer.RunAsync(model, parsed.GetValue(_context), VersionOf(), _input, output, cancellation).ConfigureAwait(false);
            return ExitCode.Success;
        }

        var checks = parsed.GetValue(_checks);
        var options = new PeerBenchmarkOptions
        {
            Model = model,
            Peers = PeerDefinition.Find(parsed.GetValue(_peers) ?? BundledFiles.Peers()),
            Program = parsed.GetValue(_program) is { } program ? [program] : ThisProgram.Command(),
            Quick = parsed.GetValue(_quick),
            Checks = checks is { Length: > 0 } ? checks : null,
            RepeatDisturbed = parsed.GetValue(_repeat),
            MeasureLimits = !parsed.GetValue(_noLimits),
        };
        var report = await PeerBenchmark.RunAsync(options, new ProgressLines(parsed.InvocationConfiguration.Error), cancellation).ConfigureAwait(false);
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, PeerScreen.Json(report));
        else
            PeerScreen.Write(output, report);
        return report.Interrupted ? ExitCode.Interrupted : ExitCode.Success;
    }

    private static void AtLeast(Option<int> option, int least) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() < least)
            result.AddError($"{option.Name} is {result.GetValueOrDefault<int>()}; allowed: {least} or more");
    });

    private static string VersionOf() => typeof(BenchPeersCommand).Assembly.GetName().Version?.ToString(3) ?? "";
}

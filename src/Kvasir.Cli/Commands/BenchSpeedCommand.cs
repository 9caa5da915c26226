using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Speed;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench speed</c>: tokens a second.</summary>
internal sealed class BenchSpeedCommand : Command, IHelpTopics
{
    private readonly Option<int> _promptTokens = Number("--prompt-tokens", "Tokens of the prompt.", new SpeedOptions().PromptTokens);
    private readonly Option<int> _decodeTokens = Number("--decode-tokens", "Tokens of the answer.", new SpeedOptions().DecodeTokens);
    private readonly Option<int> _runs = Number("--runs", "Timed runs; their middle value is reported.", new SpeedOptions().Runs);
    private readonly JsonOption _json = new("{prefillTps, decodeTps, runs}");
    private readonly EngineOptionSet _engine = new();

    public BenchSpeedCommand()
        : base("speed", "Times a lone request with a random prompt: prefill and decode in tokens a second, nothing reused.")
    {
        Add(_promptTokens);
        Add(_decodeTokens);
        Add(_runs);
        Add(_json);
        _engine.AddTo(this);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "kvasir bench speed --prompt-tokens 512 --decode-tokens 64 --threads 2",
        "kvasir bench speed --model model.gguf --json",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new SpeedOptions
        {
            PromptTokens = parsed.GetValue(_promptTokens),
            DecodeTokens = parsed.GetValue(_decodeTokens),
            Runs = parsed.GetValue(_runs),
        };
        using var engine = _engine.Load(parsed);
        var report = await SpeedBenchmark.RunAsync(engine, options, progress: null, cancellation).ConfigureAwait(false);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["prefillTps"] = JsonOutput.Number(report.PrefillTps),
                ["decodeTps"] = JsonOutput.Number(report.DecodeTps),
                ["runs"] = new JsonArray([.. report.Runs.Select(run => new JsonObject
                {
                    ["prefillTps"] = JsonOutput.Number(run.PrefillTps),
                    ["decodeTps"] = JsonOutput.Number(run.DecodeTps),
                    ["ttftMs"] = JsonOutput.Number(run.TtftMs),
                })]),
            });
            return ExitCode.Success;
        }

        output.WriteLine($"prefill {Screen.Rate(report.PrefillTps)} tokens/s ({Screen.Count(options.PromptTokens)} tokens), decode {Screen.Rate(report.DecodeTps)} tokens/s ({Screen.Count(options.DecodeTokens)} tokens); {engine.NumericsProfile}");
        foreach (var run in report.Runs)
            output.WriteLine($"  {Screen.Rate(run.PrefillTps)}  {Screen.Rate(run.DecodeTps)}");
        return ExitCode.Success;
    }

    private static Option<int> Number(string name, string description, int value) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => value,
    };
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Tiers;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench tiers</c>: KV that comes back from memory and disk.</summary>
internal sealed class BenchTiersCommand : Command, IHelpTopics
{
    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = $"{NamedModel.Description} Default: the bundled model.",
        HelpName = NamedModel.HelpName,
    };

    private readonly Option<bool> _quick = new("--quick") { Description = "Shorter contexts and fewer runs." };

    private readonly Option<int?> _context = new("--context")
    {
        Description = "Tokens of the context that is restored. Default: 8192, or what the model allows.",
        HelpName = "N",
    };

    private readonly Option<int?> _threads = new("--threads", "-t") { Description = "Worker threads. Default: the processors of the machine.", HelpName = "N" };

    private readonly JsonOption _json = new("{checks: [{name, value, unit, baseline, passed, note}]}");

    public BenchTiersCommand()
        : base("tiers", "Measures restoring contexts from the host and disk tiers: against the medium's bandwidth, and against computing them.")
    {
        Add(_model);
        Add(_quick);
        Add(_context);
        Add(_threads);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples => ["kvasir bench tiers --quick", "kvasir bench tiers --model model.gguf --json"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var quick = parsed.GetValue(_quick);
        var json = parsed.GetValue(_json);
        var output = parsed.InvocationConfiguration.Output;
        var error = parsed.InvocationConfiguration.Error;
        var folder = Directory.CreateTempSubdirectory("kvasir-tiers-");
        try
        {
            var options = new TierBenchmarkOptions
            {
                Model = NamedModel.OrDefault(parsed.GetValue(_model)),
                ContextTokens = parsed.GetValue(_context) ?? (quick ? 2048 : 8192),
                PoolTokens = quick ? 2048 : 4096,
                DocumentTokens = quick ? 512 : 1024,
                Runs = quick ? 3 : 5,
                Threads = parsed.GetValue(_threads),
                Folder = folder.FullName,
            };
            var progress = json ? error : output;
            var checks = await TierBenchmark.RunAsync(options, check => progress.WriteLine(Line(check)), cancellation).ConfigureAwait(false);
            if (json)
            {
                JsonOutput.Write(output, new JsonObject
                {
                    ["checks"] = new JsonArray([.. checks.Select(check => new JsonObject
                    {
                        ["name"] = check.Name,
                        ["value"] = JsonOutput.Number(check.Value),
                        ["unit"] = check.Unit,
                        ["baseline"] = JsonOutput.Number(check.Baseline),
                        ["passed"] = check.Passed,
                        ["note"] = check.Note,
                    })]),
                });
            }

            return ExitCode.Success;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Line(TierCheck check) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(check.Passed switch { true => "ok  ", false => "MISS", null => "    " })} {check.Name,-28} {check.Value,10:0.###} {check.Unit,-12} ({check.Note})");
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Tokenizing;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench tokenizer</c>: speed of a tokenizer on one core.</summary>
internal sealed class BenchTokenizerCommand : Command, IHelpTopics
{
    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = $"{NamedModel.Description} A tokenizer.json or tokenizer.model alone will do. Default: the bundled model.",
        HelpName = NamedModel.HelpName,
    };

    private readonly Option<string?> _file = new("--file", "-f") { Description = "Measures this text too.", HelpName = "FILE" };

    private readonly Option<bool> _quick = new("--quick") { Description = "Shorter texts and fewer rounds." };

    private readonly JsonOption _json = new("{checks: [{name, value, low, high, unit, wanted, note}]}");

    public BenchTokenizerCommand()
        : base("tokenizer", "Measures how fast text becomes tokens and tokens text, on one core.")
    {
        Add(_model);
        Add(_file);
        Add(_quick);
        Add(_json);
        SetAction((parsed, cancellation) => Task.Run(() => Run(parsed, cancellation), CancellationToken.None));
    }

    public string Details => """
        MB/s: 10^6 bytes of UTF-8 a second on one thread; median, slowest and fastest of 9 rounds (quick: 3).
        coldMBps: the first time, without the words that later rounds find in the cache. Wanted: English at 10 MB/s.
        """;

    public IReadOnlyList<string> Examples => ["kvasir bench tokenizer", "kvasir bench tokenizer --model tokenizer.json --quick --json"];

    private int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var output = parsed.InvocationConfiguration.Output;
        var json = parsed.GetValue(_json);
        var checks = TokenizerBenchmark.Run(
            NamedModel.OrDefault(parsed.GetValue(_model)), parsed.GetValue(_file), parsed.GetValue(_quick), json ? null : check => output.WriteLine(Line(check)), cancellation);
        if (json)
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["checks"] = new JsonArray([.. checks.Select(check => new JsonObject
                {
                    ["name"] = check.Name,
                    ["value"] = JsonOutput.Number(check.Value),
                    ["low"] = JsonOutput.Number(check.Low),
                    ["high"] = JsonOutput.Number(check.High),
                    ["unit"] = check.Unit,
                    ["wanted"] = check.Wanted is { } wanted ? JsonOutput.Number(wanted) : null,
                    ["note"] = check.Note,
                })]),
            });
        }

        return cancellation.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Success;
    }

    private static string Line(TokenizerCheck check) => string.Create(
        CultureInfo.InvariantCulture,
        $"{check.Name,-24} {check.Value,9:0.00} {check.Unit}{(double.IsNaN(check.Low) ? "" : $"  ({check.Low:0.00} to {check.High:0.00})")}{(check.Wanted is { } wanted ? $"  wanted {wanted:0}" : "")}  {check.Note}");
}

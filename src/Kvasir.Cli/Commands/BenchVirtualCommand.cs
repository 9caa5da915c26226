using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Virtual;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench virtual</c>: contiguous KV against paged KV.</summary>
internal sealed class BenchVirtualCommand : Command, IHelpTopics
{
    private readonly JsonOption _json = new("{checks: [{name, value, unit, baseline, wanted, atMost}]}");

    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = $"Model for whole steps. Default: the bundled model, or ${BundledFiles.ModelVariable}.",
        HelpName = NamedModel.HelpName,
    };

    private readonly Option<bool> _quick = new("--quick")
    {
        Description = "Shorter contexts and fewer rounds.",
    };

    public BenchVirtualCommand()
        : base("virtual", "Compares KV in contiguous addresses with paged KV (Linux).")
    {
        Add(_model);
        Add(_quick);
        Add(_json);
        SetAction(Run);
    }

    public string Details => """
        fragmentation: resident memory that is not needed, for page-groups of 16 KiB to 2 MiB; baseline: the formula.
        reuse: prefills that find all memory mapped; baseline: without deferred reclamation; wanted: at least 0.8.
        aliasing: resident memory of sequences with a common prefix; wanted: that of the prefix once and of the rows behind it.
        attention: contiguous against blocks of 16 rows in a table, one thread, best times in turns.
        bits: logits of whole steps against paged KV; wanted: none differ.
        mapping: share of the step that the model waits for mapping; baseline: without the worker; wanted: at most 0.01.
        speed: prefill and decode of one sequence against paged KV, best times in turns.
        """;

    public IReadOnlyList<string> Examples => ["kvasir bench virtual", "kvasir bench virtual --quick --json"];

    private int Run(ParseResult parsed)
    {
        var output = parsed.InvocationConfiguration.Output;
        var model = NamedModel.OrDefault(parsed.GetValue(_model));
        var quick = parsed.GetValue(_quick);
        if (!parsed.GetValue(_json))
        {
            VirtualBenchmark.Run(model, quick, check => output.WriteLine(Line(check)));
            return ExitCode.Success;
        }

        JsonOutput.Write(output, new JsonObject
        {
            ["checks"] = new JsonArray([.. VirtualBenchmark.Run(model, quick).Select(check => new JsonObject
            {
                ["name"] = check.Name,
                ["value"] = JsonOutput.Number(check.Value),
                ["unit"] = check.Unit,
                ["baseline"] = check.Baseline is { } baseline ? JsonOutput.Number(baseline) : null,
                ["wanted"] = check.Wanted is { } wanted ? JsonOutput.Number(wanted) : null,
                ["atMost"] = check.AtMost,
            })]),
        });
        return ExitCode.Success;
    }

    private static string Line(VirtualCheck check)
    {
        var baseline = check.Baseline is { } value ? $"  baseline: {value.ToString("0.####", CultureInfo.InvariantCulture)}" : "";
        var wanted = check.Wanted is { } bound ? $"  wanted: {(check.AtMost ? "at most" : "at least")} {bound.ToString(CultureInfo.InvariantCulture)}" : "";
        var missed = check.Kept == false ? "  missed" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{check.Name,-116} {check.Value,10:0.####} {check.Unit}{baseline}{wanted}{missed}");
    }
}

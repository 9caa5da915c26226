using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Fusion;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench fusion</c>: fused chains of operations.</summary>
internal sealed class BenchFusionCommand : Command, IHelpTopics
{
    private readonly JsonOption _json = new("{checks: [{name, value, unit, wanted, atMost}]}");

    public BenchFusionCommand()
        : base("fusion", "Times fused chains of operations against hand-written loops and against their operations one by one.")
    {
        Add(_json);
        SetAction(Run);
    }

    public string Details => """
        All on one thread; about a minute. Ratios are of best times taken in turns.
        hand: a chain against a loop over vectors; wanted: at most 1.15.
        row kernels: the engine's own, which are chains, likewise.
        op by op: a chain of six against six passes; wanted: 3 times faster in the caches, 8 times beyond them with streamed results.
        op count, op cost: how both go with the number of operations; from 24 on in strips.
        back: one per cent of an image, resized, against only that part; wanted: at most 1.5.
        horizontal: 256 small items in one launch against 256 launches; wanted: 2 times faster.
        allocations: wanted: none.
        """;

    public IReadOnlyList<string> Examples => ["kvasir bench fusion", "kvasir bench fusion --json"];

    private int Run(ParseResult parsed)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (!parsed.GetValue(_json))
        {
            FusionBenchmark.Run(check => output.WriteLine(Line(check)));
            return ExitCode.Success;
        }

        JsonOutput.Write(output, new JsonObject
        {
            ["checks"] = new JsonArray([.. FusionBenchmark.Run().Select(check => new JsonObject
            {
                ["name"] = check.Name,
                ["value"] = JsonOutput.Number(check.Value),
                ["unit"] = check.Unit,
                ["wanted"] = check.Wanted is { } wanted ? JsonOutput.Number(wanted) : null,
                ["atMost"] = check.AtMost,
            })]),
        });
        return ExitCode.Success;
    }

    private static string Line(FusionCheck check)
    {
        var wanted = check.Wanted is { } bound ? $"  wanted: {(check.AtMost ? "at most" : "at least")} {bound.ToString(CultureInfo.InvariantCulture)}" : "";
        var missed = check.Kept == false ? "  missed" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{check.Name,-62} {check.Value,8:F2} {check.Unit}{wanted}{missed}");
    }
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Tiers.Faults;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench tiers-faults</c>: tiers that fail.</summary>
internal sealed class BenchTierFaultsCommand : Command, IHelpTopics
{
    private readonly Option<long> _operations = new("--operations", "-n")
    {
        Description = "Random operations.",
        HelpName = "N",
        DefaultValueFactory = _ => 100_000,
    };

    private readonly Option<int> _seed = new("--seed") { Description = "Draws the operations.", HelpName = "N", DefaultValueFactory = _ => 1 };

    private readonly JsonOption _json = new("{operations, wrongAnswers, leakedPins, leakedBytes, hangs, faultsInjected, faultsDetected, …}");

    public BenchTierFaultsCommand()
        : base("tiers-faults", "Stores, loads, aborts and restarts on tiers that fail, fill up and are damaged; counts what must not happen.")
    {
        Add(_operations);
        Add(_seed);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples => ["kvasir bench tiers-faults --operations 10000", "kvasir bench tiers-faults --seed 7 --json"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("kvasir-faults-");
        try
        {
            var error = parsed.InvocationConfiguration.Error;
            var report = await Task.Run(
                () => TierFaultBenchmark.Run(
                    folder.FullName,
                    parsed.GetValue(_operations),
                    parsed.GetValue(_seed),
                    done => error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done:N0} operations")),
                    cancellation),
                cancellation).ConfigureAwait(false);
            Write(parsed, report);
            return report.WrongAnswers + report.LeakedPins + report.LeakedBytes + report.Hangs == 0 ? ExitCode.Success : ExitCode.Failure;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private void Write(ParseResult parsed, TierFaultReport report)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["operations"] = report.Operations,
                ["wrongAnswers"] = report.WrongAnswers,
                ["leakedPins"] = report.LeakedPins,
                ["leakedBytes"] = report.LeakedBytes,
                ["hangs"] = report.Hangs,
                ["faultsInjected"] = report.FaultsInjected,
                ["faultsDetected"] = report.FaultsDetected,
                ["faultsEvaporated"] = report.FaultsEvaporated,
                ["loads"] = report.Loads,
                ["failedLoads"] = report.FailedLoads,
                ["restarts"] = report.Restarts,
            });
            return;
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Operations:N0} operations: {report.WrongAnswers} wrong answers, {report.LeakedPins} leaked pins, {report.LeakedBytes} leaked bytes, {report.Hangs} hangs"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.FaultsInjected:N0} faults injected, {report.FaultsDetected:N0} detected, {report.FaultsEvaporated:N0} gone before anybody met them; {report.Loads:N0} loads, {report.FailedLoads:N0} failed, {report.Restarts:N0} restarts"));
    }
}

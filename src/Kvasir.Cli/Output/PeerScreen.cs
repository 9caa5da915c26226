using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Limits;
using Kvasir.Benchmarks.Peers;
using Kvasir.Benchmarks.Pressure;
using Spectre.Console;

namespace Kvasir.Cli.Output;

/// <summary>A comparison with peers, as JSON and as a table.</summary>
internal static class PeerScreen
{
    private const double Giga = 1e9;

    public static JsonObject Json(PeerReport report) => new()
    {
        ["machine"] = new JsonObject
        {
            ["processor"] = report.Machine.Processor,
            ["threads"] = report.Machine.Threads,
            ["instructionSet"] = report.Machine.InstructionSet,
            ["memoryBytes"] = report.Machine.MemoryBytes,
            ["system"] = report.Machine.System,
            ["runtime"] = report.Machine.Runtime,
        },
        ["valid"] = report.Valid,
        ["interrupted"] = report.Interrupted,
        ["pressure"] = Json(report.Pressure),
        ["limits"] = report.Limits is { } limits ? Json(limits, report.LimitsPressure) : null,
        ["peers"] = new JsonArray([.. report.Peers.Select(peer => new JsonObject { ["name"] = peer.Name, ["version"] = peer.Version })]),
        ["leftOut"] = new JsonArray([.. report.LeftOut.Select(reason => JsonValue.Create(reason))]),
        ["checks"] = new JsonArray([.. report.Checks.Select(Json)]),
    };

    public static void Write(TextWriter output, PeerReport report)
    {
        var machine = report.Machine;
        output.WriteLine($"{machine.Processor}, {machine.Threads} threads, {machine.InstructionSet}; {machine.Runtime}, {machine.System}");
        foreach (var (name, version) in report.Peers)
            output.WriteLine($"{name}: {version}");
        if (report.Limits is { } limits)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"limits (one thread / all): read {limits.ReadBytesPerSecondOfOne / Giga:0.0} / {limits.ReadBytesPerSecond / Giga:0.0} GB/s, int8 {limits.Int8PerSecondOfOne / Giga:0} / {limits.Int8PerSecond / Giga:0} Gop/s ({limits.Int8Instruction}), f32 {limits.FloatPerSecondOfOne / Giga:0} / {limits.FloatPerSecond / Giga:0} Gflop/s ({limits.FloatInstruction})"));
        }

        var table = Screen.Table("check", "unit", "kvasir", "peer", "ratio", "best kvasir", "best peer", "ratio", "threads", "of the limit", "others");
        foreach (var check in report.Checks)
        {
            table.AddRow(
                check.Name, check.Unit, Number(check.Kvasir), Number(check.Peer), Ratio(check.Ratio), Number(check.KvasirBest), Number(check.PeerBest),
                Ratio(check.BestRatio), $"{check.KvasirThreads} / {check.PeerThreads}", Percent(check.LimitFraction), Percent(check.Pressure?.FromOthers));
        }

        Screen.Create(output).Write(table);
        foreach (var check in report.Checks.Where(check => check.Note is not null))
            output.WriteLine($"{check.Name}: {check.Note}");
        foreach (var reason in report.LeftOut)
            output.WriteLine(reason);
        output.WriteLine(Verdict(report));
    }

    /// <summary>Whether the run counts, and why.</summary>
    public static string Verdict(PeerReport report)
    {
        var share = report.Pressure;
        var numbers = $"{Percent(share.FromOthers)} (some {Percent(share.Some)}, other processes {Percent(share.Others)}, steal {Percent(share.Steal)} of {share.Seconds.ToString("0", CultureInfo.InvariantCulture)} s)";
        var verdict = report.Valid switch
        {
            null => "It is not known whether this run is valid: this system does not count processor time and the wait for it as Linux does.",
            true => $"This run is valid: pressure from others was {numbers}, allowed are {Percent(PressureShare.Limit)}.",
            false when report.Checks.FirstOrDefault(check => check.Pressure?.Valid == false) is { } check =>
                $"THIS RUN IS NOT VALID: pressure from others was {numbers}, in {check.Name} {Percent(check.Pressure!.FromOthers)}; allowed are {Percent(PressureShare.Limit)}. Repeat it on a quiet machine.",
            false when report.LimitsPressure?.Valid == false =>
                $"THIS RUN IS NOT VALID: pressure from others was {numbers}, while the limits were measured {Percent(report.LimitsPressure.FromOthers)}; allowed are {Percent(PressureShare.Limit)}. Repeat it on a quiet machine.",
            false => $"THIS RUN IS NOT VALID: pressure from others was {numbers}; allowed are {Percent(PressureShare.Limit)}. Repeat it on a quiet machine.",
        };
        return report.Interrupted ? $"Interrupted; what is above was measured before. {verdict}" : verdict;
    }

    private static JsonObject Json(MachineLimits limits, PressureShare? pressure) => new()
    {
        ["readGBs"] = JsonOutput.Number(limits.ReadBytesPerSecond / Giga),
        ["int8Gops"] = JsonOutput.Number(limits.Int8PerSecond / Giga),
        ["f32Gflops"] = JsonOutput.Number(limits.FloatPerSecond / Giga),
        ["readGBsOneThread"] = JsonOutput.Number(limits.ReadBytesPerSecondOfOne / Giga),
        ["int8GopsOneThread"] = JsonOutput.Number(limits.Int8PerSecondOfOne / Giga),
        ["f32GflopsOneThread"] = JsonOutput.Number(limits.FloatPerSecondOfOne / Giga),
        ["int8Instruction"] = limits.Int8Instruction,
        ["f32Instruction"] = limits.FloatInstruction,
        ["pressureFromOthers"] = Value(pressure?.FromOthers),
    };

    private static JsonObject Json(PressureShare share) => new()
    {
        ["verdict"] = share.Verdict,
        ["fromOthers"] = Value(share.FromOthers),
        ["limit"] = PressureShare.Limit,
        ["some"] = Value(share.Some),
        ["others"] = Value(share.Others),
        ["steal"] = Value(share.Steal),
        ["seconds"] = JsonOutput.Number(share.Seconds),
    };

    private static JsonObject Json(PeerCheck check) => new()
    {
        ["name"] = check.Name,
        ["kvasir"] = Value(check.Kvasir),
        ["peer"] = Value(check.Peer),
        ["ratio"] = Value(check.Ratio),
        ["limitFraction"] = Value(check.LimitFraction),
        ["unit"] = check.Unit,
        ["kvasirBest"] = Value(check.KvasirBest),
        ["peerBest"] = Value(check.PeerBest),
        ["bestRatio"] = Value(check.BestRatio),
        ["kvasirThreads"] = check.KvasirThreads,
        ["peerThreads"] = check.PeerThreads,
        ["peerName"] = check.PeerName,
        ["pressureFromOthers"] = Value(check.Pressure?.FromOthers),
        ["note"] = check.Note,
    };

    private static JsonValue? Value(double? number) => number is { } value ? JsonOutput.Number(value) : null;

    private static string Number(double? value) => value switch
    {
        null => "",
        >= 1e6 => value.Value.ToString("N0", CultureInfo.InvariantCulture),
        _ => Screen.Rate(value.Value),
    };

    private static string Ratio(double? value) => value?.ToString("0.00", CultureInfo.InvariantCulture) ?? "";

    private static string Percent(double? value) => value is { } share ? string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %") : "";
}

using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Measures;
using Spectre.Console;

namespace Kvasir.Cli.Output;

/// <summary>Figures of benchmarks, as tables and as JSON.</summary>
internal static class CheckOutput
{
    /// <summary>What the elements of <see cref="Json"/> have, for help.</summary>
    public const string Shape = "{name, value, low, high, unit, baseline, note}";

    public static JsonArray Json(IEnumerable<Check> checks) => new([.. checks.Select(check => new JsonObject
    {
        ["name"] = check.Name,
        ["value"] = JsonOutput.Number(check.Value),
        ["low"] = JsonOutput.Number(check.Low),
        ["high"] = JsonOutput.Number(check.High),
        ["unit"] = check.Unit,
        ["baseline"] = check.Baseline is { } baseline ? JsonOutput.Number(baseline) : null,
        ["note"] = check.Note,
    })]);

    public static Table Table(IEnumerable<Check> checks)
    {
        var table = Screen.Table("check", "value", "95 %", "unit", "held against");
        foreach (var check in checks)
            table.AddRow(check.Name, Number(check.Value), double.IsNaN(check.Low) ? "" : $"{Number(check.Low)} to {Number(check.High)}", check.Unit, check.Baseline is { } baseline ? Number(baseline) : "");
        return table;
    }

    /// <summary>A number for a table; nothing for one that is not known.</summary>
    public static string Number(double value) => double.IsNaN(value) ? "" : value.ToString(Math.Abs(value) >= 100 ? "0" : "0.####", CultureInfo.InvariantCulture);
}

using Kvasir.Cli.Doctor;
using Spectre.Console;

namespace Kvasir.Cli.Output;

/// <summary>Shows what the doctor found, area by area.</summary>
internal static class DoctorScreen
{
    public static void Write(IAnsiConsole console, IReadOnlyList<Finding> findings)
    {
        foreach (var area in findings.GroupBy(finding => finding.Area))
        {
            console.MarkupLineInterpolated($"[bold]{area.Key}[/]");
            foreach (var finding in area)
            {
                console.Markup($"  {Mark(finding.Level)}");
                console.WriteLine($"{finding.Check}: {finding.Found}");
                if (finding.Advice is { } advice)
                    console.WriteLine($"           → {advice}");
            }
        }

        var problems = findings.Count(finding => finding.Level == FindingLevel.Problem);
        var warnings = findings.Count(finding => finding.Level == FindingLevel.Warning);
        console.WriteLine($"{Count(problems, "problem")}, {Count(warnings, "warning")}");
    }

    private static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    private static string Mark(FindingLevel level) => level switch
    {
        FindingLevel.Ok => "[green]ok[/]       ",
        FindingLevel.Note => "[blue]note[/]     ",
        FindingLevel.Warning => "[yellow]warning[/]  ",
        _ => "[red]PROBLEM[/]  ",
    };
}

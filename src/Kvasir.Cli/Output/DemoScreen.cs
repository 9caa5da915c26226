using System.Globalization;
using Kvasir.Benchmarks.Demo;
using Kvasir.Engine;
using Spectre.Console;

namespace Kvasir.Cli.Output;

/// <summary>Shows the demo as it goes on, and its table.</summary>
internal sealed class DemoScreen(IAnsiConsole console, KvasirEngine engine) : IDemoObserver
{
    public void Begin() => console.MarkupLineInterpolated(
        $"[bold]{engine.Model.Name ?? Path.GetFileName(engine.Model.Path)}[/], context of {Screen.Count(engine.MaxContext)} tokens, numerics profile {engine.NumericsProfile}");

    public void Reading(int tokens) => console.MarkupLineInterpolated($"Reading the document once: {Screen.Count(tokens)} tokens …");

    public void Read(TimeSpan time)
    {
        console.MarkupLineInterpolated($"Read in {Screen.Time(time)}. Every question now comes twice: with the document reused, and cold.");
        console.WriteLine();
    }

    public void Answered(int number, DemoQuestion question, DemoRun reused)
    {
        var mark = question.IsRight(reused.Text) switch
        {
            true => "[green]right[/]",
            false => "[red]wrong[/]",
            null => "",
        };
        console.MarkupLineInterpolated($"[bold]{number,2}[/] {question.Question}");
        console.Markup($"   {Markup.Escape(reused.Text.ReplaceLineEndings(" "))}  {mark} [grey]first token after {Screen.Time(reused.TimeToFirstToken)}[/]");
    }

    public void Compared(int number, DemoResult result)
    {
        var bits = result.BitsEqual ? "[green]same bits[/]" : "[red]OTHER BITS[/]";
        console.MarkupLine($"[grey]; cold {Screen.Time(result.Cold.TimeToFirstToken)},[/] {bits}");
    }

    public void End(DemoReport report)
    {
        console.WriteLine();
        var table = Screen.Table(
            "question", "TTFT cold", "TTFT reused", "sooner", "computed cold", "computed reused", "tokens reused", "same bits as cold");
        foreach (var column in table.Columns)
            column.RightAligned();
        for (var i = 0; i < report.Results.Count; i++)
            table.AddRow([.. Cells(i + 1, report.Results[i]).Select(cell => new Text(cell))]);
        console.Write(table);
        if (report.Scored > 0)
            console.MarkupLineInterpolated($"{report.Right} of {report.Scored} answers are right.");
        console.MarkupLineInterpolated(
            $"Reading {Screen.Count(report.DocumentTokens)} tokens once took {Screen.Time(report.ReadTime)}; a question behind them answers {Factor(report.MedianSpeedup)} sooner (median), {(report.AllBitsEqual ? "with exactly the bits of a cold run" : "but NOT with the bits of a cold run: please report this")}.");
    }

    private static string[] Cells(int number, DemoResult result) =>
    [
        number.ToString(CultureInfo.InvariantCulture),
        Screen.Time(result.Cold.TimeToFirstToken),
        Screen.Time(result.Reused.TimeToFirstToken),
        Factor(result.Speedup),
        Screen.Count(result.Cold.ComputedTokens),
        Screen.Count(result.Reused.ComputedTokens),
        Screen.Count(result.Reused.ReusedTokens),
        result.BitsEqual ? "yes" : "NO",
    ];

    private static string Factor(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0}×");
}

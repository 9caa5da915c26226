using System.Text;
using Kvasir.Benchmarks.Html;
using static Kvasir.Benchmarks.Html.ReportPage;

namespace Kvasir.Benchmarks.ScBench.Html;

/// <summary>The report as one HTML file that needs no other.</summary>
public static class ScPage
{
    /// <summary>What stands beside a cell whose model cannot do the task.</summary>
    public const string Void = "model too weak, ranking void";

    /// <summary>Writes it.</summary>
    /// <param name="report">What was measured.</param>
    /// <param name="model">Name of the model.</param>
    public static string Write(ScReport report, string model)
    {
        ArgumentNullException.ThrowIfNull(report);
        var page = Begin("kvasir bench scbench", "SCBench", model, report.Interrupted);
        foreach (var mode in report.Rows.Select(row => row.Mode).Distinct())
            Means(page, report, mode);
        foreach (var cell in report.Rows.GroupBy(row => (row.Task, row.Length)))
        {
            page.Append(Invariant($"<h2>{Text(cell.Key.Task)}, {cell.Key.Length} tokens{Mark(cell.First())}</h2>"));
            foreach (var mode in cell.GroupBy(row => row.Mode))
            {
                var plot = new LinePlot($"{cell.Key.Task}, {mode.Key}", "turn", "score");
                foreach (var method in mode.Where(row => row.Turn > 0).GroupBy(row => (row.Policy, row.Budget)))
                    plot.Add(Method(method.Key.Policy, method.Key.Budget), method.Select(row => ((double)row.Turn, row.Score)));
                page.Append(plot.Draw());
            }
        }

        Costs(page, report);
        Checks(page, report.Checks);
        return End(page);
    }

    private static void Means(StringBuilder page, ScReport report, string mode)
    {
        var rows = report.Rows.Where(row => row.Mode == mode && row.Turn == 0).ToArray();
        var methods = rows.Select(row => (row.Policy, row.Budget)).Distinct().ToArray();
        page.Append(Invariant($"<h2>{Text(mode)}: mean over turns</h2><table><tr><th>task<th>tokens"));
        foreach (var (policy, budget) in methods)
            page.Append(Invariant($"<th>{Text(Method(policy, budget))}"));
        foreach (var cell in rows.GroupBy(row => (row.Task, row.Length)))
        {
            page.Append(Invariant($"<tr><td>{Text(cell.Key.Task)}{Mark(cell.First())}<td class=\"n\">{cell.Key.Length}"));
            foreach (var (policy, budget) in methods)
            {
                var row = cell.FirstOrDefault(row => row.Policy == policy && row.Budget.Equals(budget));
                page.Append(row is null ? "<td>" : Invariant($"<td class=\"n{(row.Valid == false ? " v" : "")}\" title=\"{row.Bytes:0} bytes, {row.Sessions} sessions\">{row.Score:0.000}"));
            }
        }

        page.Append("</table>");
    }

    private static void Costs(StringBuilder page, ScReport report)
    {
        page.Append("<h2>Cost of a session by stage</h2><table><tr><th>mode<th>policy<th>prefill, GFLOP<th>written, MiB<th>found, MiB<th>read a decode step, MiB");
        foreach (var cost in report.Costs)
            page.Append(Invariant($"<tr><td>{Text(cost.Mode)}<td>{Text(Method(cost.Policy, cost.Budget))}<td class=\"n\">{cost.PrefillFlops / 1e9:0.0}<td class=\"n\">{cost.WrittenBytes / (1 << 20):0.00}<td class=\"n\">{cost.FoundBytes / (1 << 20):0.00}<td class=\"n\">{cost.ReadBytesPerStep / (1 << 20):0.00}"));
        page.Append("</table>");
    }

    private static string Mark(ScRow row) => row.Valid switch
    {
        false => $" <span class=\"void\">({Void})</span>",
        null => " <span class=\"void\">(whole cache not run)</span>",
        true => "",
    };

    private static string Method(string policy, double budget) => Invariant($"{policy} {budget:0.###}");
}

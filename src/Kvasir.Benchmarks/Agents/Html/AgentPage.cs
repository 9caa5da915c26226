using System.Text;
using Kvasir.Benchmarks.Html;
using static Kvasir.Benchmarks.Html.ReportPage;

namespace Kvasir.Benchmarks.Agents.Html;

/// <summary>The report as one HTML file that needs no other.</summary>
public static class AgentPage
{
    /// <summary>Writes it.</summary>
    /// <param name="report">What was measured.</param>
    /// <param name="model">Name of the model.</param>
    public static string Write(AgentReport report, string model)
    {
        ArgumentNullException.ThrowIfNull(report);
        var page = Begin("kvasir bench agents", "Agents that borrow rows", model, report.Interrupted);
        page.Append(Plot(report, "gamma", "Reuse and agreement by γ", "γ"));
        page.Append(Plot(report, "capacity", "Reuse and agreement by the capacity of the pools", "anchors, V"));
        page.Append(Plot(report, "margin", "Reuse and agreement by the lead that the first token must have", "nats"));
        page.Append(Divergences(report));
        Variants(page, report);
        Checks(page, report.Checks);
        return End(page);
    }

    private static string Plot(AgentReport report, string curve, string title, string horizontal)
    {
        var plot = new LinePlot(title, horizontal, "share");
        var points = report.Curves.Where(point => point.Curve == curve).ToArray();
        plot.Add("calls predicted", points.Select(point => (point.X, point.ReuseRate)));
        plot.Add("prompt tokens predicted", points.Select(point => (point.X, point.TokenShare)));
        plot.Add("answers of the dense run", points.Select(point => (point.X, point.Agreement)));
        return plot.Draw();
    }

    private static string Divergences(AgentReport report)
    {
        var plot = new LinePlot("First-token KL of predicted calls", "γ", "KL, nats");
        plot.Add("kvcomm", report.Curves.Where(point => point.Curve == "gamma").Select(point => (point.X, point.FirstTokenKl)));
        return plot.Draw();
    }

    private static void Variants(StringBuilder page, AgentReport report)
    {
        page.Append("<h2>Tasks held out, every prompt reused</h2><table><tr><th>way<th>answers of the dense run<th>first-token KL<th>row error");
        foreach (var way in report.Curves.Where(point => point.Curve == "variant"))
            page.Append(Invariant($"<tr><td>{Text(way.Policy)}<td class=\"n\">{way.Agreement:0.000}<td class=\"n\">{way.FirstTokenKl:0.0000}<td class=\"n\">{(double.IsNaN(way.RowError) ? "–" : Invariant($"{way.RowError:0.0000}"))}"));
        page.Append("</table>");
    }
}

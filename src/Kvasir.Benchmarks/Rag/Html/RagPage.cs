using System.Text;
using Kvasir.Benchmarks.Html;
using static Kvasir.Benchmarks.Html.ReportPage;

namespace Kvasir.Benchmarks.Rag.Html;

/// <summary>The report as one HTML file that needs no other.</summary>
public static class RagPage
{
    /// <summary>Writes it.</summary>
    /// <param name="report">What was measured.</param>
    /// <param name="model">Name of the model.</param>
    public static string Write(RagReport report, string model)
    {
        ArgumentNullException.ThrowIfNull(report);
        var page = Begin("kvasir bench rag", "Reuse of chunks", model, report.Interrupted);
        foreach (var workload in report.Curves.GroupBy(curve => curve.Workload))
        {
            page.Append(Quality(workload, "right answers, share", "Quality", curve => curve.ExactMatch.Mean));
            page.Append(Quality(workload, "first-token KL, nats", "Distance from full recomputation", curve => curve.FirstTokenKl.Mean));
        }

        page.Append(Plot(report, "ttft", "Time to the first token", "prompt, tokens", "ms"));
        page.Append(Plot(report, "drift", "How the error grows along an answer", "token of the answer", "KL, nats"));
        page.Append(Plot(report, "attention", "How far attention is from that of full recomputation", "reused rows computed again, share", "deviation, of that of naive reuse"));
        page.Append(Plot(report, "alpha", "Cache-Craft's alpha on its training prompts", "reused rows computed again, share", "exact match lost, points"));
        page.Append(Plot(report, "endurance", "The same documents in ever new orders", "request", "tokens reused without repair, share"));
        Checks(page, report.Checks);
        Curves(page, report);
        return End(page);
    }

    private static string Quality(IGrouping<string, RagCurve> workload, string vertical, string title, Func<RagCurve, double> value)
    {
        var plot = new LinePlot($"{title}: {workload.Key}", "reused rows computed again, share", vertical);
        var full = workload.FirstOrDefault(curve => curve.Policy == Policies.PolicyRows.Full);
        var naive = workload.Where(curve => curve.RecomputeRatio == 0).ToDictionary(curve => curve.Policy);
        foreach (var policy in workload.Where(curve => curve.RecomputeRatio is > 0 and < 1).GroupBy(curve => curve.Policy))
        {
            // Every line begins at naive reuse of its chunks and ends at full recomputation.
            var start = naive.GetValueOrDefault(Start(policy.Key));
            plot.Add(policy.Key, new[] { start, full }.OfType<RagCurve>().Concat(policy).Select(curve => (curve.RecomputeRatio, value(curve))));
        }

        if (naive.GetValueOrDefault("naive-unrotated") is { } unrotated)
            plot.Add(unrotated.Policy, [(0, value(unrotated))]);
        return plot.Draw();
    }

    private static string Start(string policy) =>
        policy == "cachecraft" || policy.EndsWith("in-context", StringComparison.Ordinal) ? "naive-in-context" : "naive";

    private static string Plot(RagReport report, string name, string title, string horizontal, string vertical)
    {
        var plot = new LinePlot(title, horizontal, vertical);
        foreach (var series in report.Series.Where(series => series.Plot == name))
            plot.Add(series.Name, series.Points);
        return plot.Draw();
    }

    private static void Curves(StringBuilder page, RagReport report)
    {
        page.Append("<h2>Policies</h2><table><tr><th>workload<th>policy<th>repaired<th>exact match<th>95 %<th>first-token KL<th>TTFT, ms<th>token-layers");
        foreach (var curve in report.Curves)
        {
            var interval = double.IsNaN(curve.ExactMatch.Low) ? "one seed" : Invariant($"{curve.ExactMatch.Low:0.000} to {curve.ExactMatch.High:0.000}");
            page.Append(Invariant($"<tr><td>{Text(curve.Workload)}<td>{Text(curve.Policy)}<td class=\"n\">{curve.RecomputeRatio:0.##}<td class=\"n\">{curve.ExactMatch.Mean:0.000}<td>{interval}<td class=\"n\">{curve.FirstTokenKl.Mean:0.0000}<td class=\"n\">{curve.TtftMs:0}<td class=\"n\">{curve.TokenLayerShare:0.000}"));
        }

        page.Append("</table>");
    }
}

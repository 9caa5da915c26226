using System.Globalization;
using System.Net;
using System.Text;

namespace Kvasir.Benchmarks.Rag.Html;

/// <summary>The report as one HTML file that needs no other.</summary>
public static class RagPage
{
    /// <summary>How reports look.</summary>
    internal const string Style = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:2rem auto;padding:0 1rem;color:#1c2733;background:#fff}
        table{border-collapse:collapse;width:100%;font-size:13px;margin:1rem 0}th,td{padding:.3rem .5rem;border-bottom:1px solid #dde3e9;text-align:left}
        td.n{text-align:right;font-variant-numeric:tabular-nums}svg{width:100%;height:auto;margin:1rem 0;font:11px system-ui,sans-serif}
        svg text{fill:#33414e}svg .t{font-size:14px;font-weight:600}svg .g{stroke:#e6ebf0}
        """;

    /// <summary>Writes it.</summary>
    /// <param name="report">What was measured.</param>
    /// <param name="model">Name of the model.</param>
    public static string Write(RagReport report, string model)
    {
        ArgumentNullException.ThrowIfNull(report);
        var page = new StringBuilder();
        page.Append(Invariant($"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>kvasir bench rag</title><style>{Style}</style>"));
        page.Append(Invariant($"<h1>Reuse of chunks</h1><p>{Text(model)}{(report.Interrupted ? "; ended before all was measured" : "")}</p>"));
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
        Checks(page, report);
        Curves(page, report);
        return page.Append("</html>\n").ToString();
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

    private static void Checks(StringBuilder page, RagReport report)
    {
        page.Append("<h2>Figures</h2><table><tr><th>name<th>value<th>95 %<th>unit<th>baseline<th>");
        foreach (var check in report.Checks)
        {
            var interval = double.IsNaN(check.Low) ? "one seed" : Invariant($"{check.Low:0.###} to {check.High:0.###}");
            page.Append(Invariant($"<tr><td>{Text(check.Name)}<td class=\"n\">{check.Value:0.####}<td>{interval}<td>{Text(check.Unit)}<td class=\"n\">{check.Baseline:0.####}<td>{Text(check.Note)}"));
        }

        page.Append("</table>");
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

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using System.Net;
using System.Text;
using Kvasir.Benchmarks.Measures;

namespace Kvasir.Benchmarks.Html;

/// <summary>A report as one HTML file that needs no other: what all reports have in common.</summary>
internal static class ReportPage
{
    private const string Style = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:2rem auto;padding:0 1rem;color:#1c2733;background:#fff}
        table{border-collapse:collapse;width:100%;font-size:13px;margin:1rem 0}th,td{padding:.3rem .5rem;border-bottom:1px solid #dde3e9;text-align:left}
        td.n{text-align:right;font-variant-numeric:tabular-nums}svg{width:100%;height:auto;margin:1rem 0;font:11px system-ui,sans-serif}
        svg text{fill:#33414e}svg .t{font-size:14px;font-weight:600}svg .g{stroke:#e6ebf0}td.v{color:#98a4b0}.void{color:#c0392b}
        """;

    /// <summary>Begins a page; it ends with <see cref="End"/>.</summary>
    /// <param name="command">The command that made the report.</param>
    /// <param name="title">Its title.</param>
    /// <param name="model">Name of the model.</param>
    /// <param name="interrupted">True when it was ended before all was measured.</param>
    public static StringBuilder Begin(string command, string title, string model, bool interrupted) => new StringBuilder()
        .Append(Invariant($"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{Text(command)}</title><style>{Style}</style>"))
        .Append(Invariant($"<h1>{Text(title)}</h1><p>{Text(model)}{(interrupted ? "; ended before all was measured" : "")}</p>"));

    /// <summary>Ends the page.</summary>
    public static string End(StringBuilder page) => page.Append("</html>\n").ToString();

    /// <summary>Writes the table of figures.</summary>
    public static void Checks(StringBuilder page, IEnumerable<Check> checks)
    {
        page.Append("<h2>Figures</h2><table><tr><th>name<th>value<th>95 %<th>unit<th>baseline<th>");
        foreach (var check in checks)
        {
            var interval = double.IsNaN(check.Low) ? "one seed" : Invariant($"{check.Low:0.###} to {check.High:0.###}");
            page.Append(Invariant($"<tr><td>{Text(check.Name)}<td class=\"n\">{check.Value:0.####}<td>{interval}<td>{Text(check.Unit)}<td class=\"n\">{check.Baseline:0.####}<td>{Text(check.Note)}"));
        }

        page.Append("</table>");
    }

    /// <summary>Text that HTML does not take for its own.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <summary>Numbers as every reader reads them.</summary>
    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

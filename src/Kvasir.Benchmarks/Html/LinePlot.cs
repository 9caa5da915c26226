using System.Globalization;
using System.Net;
using System.Text;

namespace Kvasir.Benchmarks.Html;

/// <summary>Draws lines as SVG, with axes, marks and a legend.</summary>
internal sealed class LinePlot(string title, string horizontal, string vertical)
{
    private const int Width = 720;
    private const int Height = 380;
    private const int Left = 64;
    private const int Right = 200;
    private const int Top = 34;
    private const int Bottom = 46;
    private const int Ticks = 5;

    private static readonly string[] Colours =
        ["#1b6ca8", "#c0392b", "#2e8b57", "#b7791f", "#7d3c98", "#16a085", "#d35400", "#566573", "#a93279", "#5d6d1e", "#34495e", "#e67e80"];

    private readonly List<(string Name, IReadOnlyList<(double X, double Y)> Points)> _lines = [];

    public void Add(string name, IEnumerable<(double X, double Y)> points)
    {
        (double X, double Y)[] known = [.. points.Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y)).OrderBy(point => point.X)];
        if (known.Length > 0)
            _lines.Add((name, known));
    }

    /// <summary>The plot; empty without any line.</summary>
    public string Draw()
    {
        if (_lines.Count == 0)
            return "";
        var points = _lines.SelectMany(line => line.Points).ToArray();
        var (left, right) = (Math.Min(0, points.Min(point => point.X)), Widest(points.Max(point => point.X)));
        var (low, high) = (Math.Min(0, points.Min(point => point.Y)), Widest(points.Max(point => point.Y)));
        var svg = new StringBuilder();
        svg.Append(Invariant($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\"><title>{Text(title)}</title>"));
        svg.Append(Invariant($"<text x=\"{Left}\" y=\"18\" class=\"t\">{Text(title)}</text>"));
        for (var i = 0; i <= Ticks; i++)
        {
            var x = left + (i * (right - left) / Ticks);
            var y = low + (i * (high - low) / Ticks);
            svg.Append(Invariant($"<line class=\"g\" x1=\"{X(x):0.#}\" x2=\"{X(x):0.#}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/><text x=\"{X(x):0.#}\" y=\"{Height - Bottom + 16}\" text-anchor=\"middle\">{x:0.###}</text>"));
            svg.Append(Invariant($"<line class=\"g\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(y):0.#}\" y2=\"{Y(y):0.#}\"/><text x=\"{Left - 6}\" y=\"{Y(y) + 4:0.#}\" text-anchor=\"end\">{y:0.###}</text>"));
        }

        svg.Append(Invariant($"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 8}\" text-anchor=\"middle\">{Text(horizontal)}</text>"));
        svg.Append(Invariant($"<text transform=\"translate(14 {(Top + Height - Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">{Text(vertical)}</text>"));
        for (var i = 0; i < _lines.Count; i++)
        {
            var colour = Colours[i % Colours.Length];
            var dash = i < Colours.Length ? "" : " stroke-dasharray=\"5 3\"";
            var (name, line) = _lines[i];
            svg.Append(Invariant($"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\"{dash} points=\"{string.Join(' ', line.Select(point => Invariant($"{X(point.X):0.#},{Y(point.Y):0.#}")))}\"/>"));
            foreach (var (x, y) in line)
                svg.Append(Invariant($"<circle cx=\"{X(x):0.#}\" cy=\"{Y(y):0.#}\" r=\"2.6\" fill=\"{colour}\"><title>{Text(name)}: {x:0.###}, {y:0.####}</title></circle>"));
            svg.Append(Invariant($"<rect x=\"{Width - Right + 14}\" y=\"{Top + (i * 18)}\" width=\"12\" height=\"4\" fill=\"{colour}\"/><text x=\"{Width - Right + 32}\" y=\"{Top + (i * 18) + 6}\">{Text(name)}</text>"));
        }

        return svg.Append("</svg>").ToString();

        double X(double x) => Left + ((x - left) / (right - left) * (Width - Left - Right));

        double Y(double y) => Height - Bottom - ((y - low) / (high - low) * (Height - Top - Bottom));
    }

    /// <summary>A round number at or above it, so that the axis ends on one.</summary>
    private static double Widest(double most)
    {
        if (most <= 0)
            return 1;
        var step = Math.Pow(10, Math.Floor(Math.Log10(most)));
        return ((double[])[1, 2, 2.5, 4, 5, 7.5, 10]).First(factor => factor * step >= most * (1 - 1e-12)) * step;
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;

namespace Kvasir.Models;

/// <summary>The functions that every chat template may call.</summary>
internal static class JinjaGlobals
{
    private const int MaxRange = 100_000;

    public static void AddTo(JinjaScope scope, JinjaBudget budget, TimeProvider time)
    {
        scope.Set("namespace", (JinjaFunction)Namespace);
        scope.Set("dict", (JinjaFunction)(a => new OrderedDictionary<string, object?>(a.Named)));
        scope.Set("range", (JinjaFunction)(a => Range(a, budget)));
        scope.Set("raise_exception", (JinjaFunction)(a => throw new ChatTemplateException($"refused: {JinjaValue.Text(a.Value(0, "message"), budget)}")));
        scope.Set("strftime_now", (JinjaFunction)(a => FormatTime(time.GetLocalNow(), a.Text(0, "format"))));
    }

    private static JinjaNamespace Namespace(JinjaArguments arguments)
    {
        var result = new JinjaNamespace();
        foreach (var (name, value) in arguments.Named)
            result.Fields[name] = value;
        return result;
    }

    private static List<object?> Range(JinjaArguments arguments, JinjaBudget budget)
    {
        long start = arguments.Count > 1 ? arguments.Integer(0, "start", 0) : 0;
        long stop = arguments.Integer(arguments.Count > 1 ? 1 : 0, "stop", 0);
        long step = arguments.Integer(2, "step", 1);
        if (step == 0)
            throw arguments.Error("the step is zero");
        var items = new List<object?>();
        for (Int128 i = start; step > 0 ? i < stop : i > stop; i += step)
        {
            if (items.Count == MaxRange)
                throw arguments.Error($"more than {MaxRange} items");
            items.Add((long)i);
        }

        budget.Step(items.Count);
        return items;
    }

    // The codes of C's strftime that templates use for dates and times.
    private static string FormatTime(DateTimeOffset now, string format)
    {
        var text = new System.Text.StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            string? net = format[++i] switch
            {
                'd' => "dd",
                'm' => "MM",
                'Y' => "yyyy",
                'y' => "yy",
                'b' => "MMM",
                'B' => "MMMM",
                'a' => "ddd",
                'A' => "dddd",
                'H' => "HH",
                'I' => "hh",
                'M' => "mm",
                'S' => "ss",
                'p' => "tt",
                'e' => "%d",
                _ => null,
            };
            text.Append(net is null
                ? format[i] == '%' ? "%" : throw new ChatTemplateException($"strftime_now: the code %{format[i]} is not supported")
                : now.ToString(net, CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }
}

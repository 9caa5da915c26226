using System.Globalization;

namespace Kvasir.Models;

/// <summary>The filters behind <c>|</c>.</summary>
internal static class JinjaFilters
{
    public static object? Run(string name, object? value, JinjaArguments arguments, JinjaBudget budget)
    {
        switch (name)
        {
            case "default" or "d":
                bool missing = value is JinjaUndefined || (arguments.Flag(1, "boolean") && !JinjaValue.IsTrue(value));
                return missing ? arguments.Value(0, "default_value", "") : value;
            case "length" or "count":
                return value is OrderedDictionary<string, object?> counted ? counted.Count : (long)JinjaValue.Items(value, budget).Count;
            case "string":
                return JinjaValue.Text(value, budget);
            case "safe":
                return value;
            case "tojson":
                return JinjaJson.Write(value, JinjaJsonOptions.Of(arguments), budget);
            case "int":
                return ToInteger(value, arguments);
            case "float":
                if (value is not string text)
                    return JinjaValue.ToDouble(value);
                return double.TryParse(text, CultureInfo.InvariantCulture, out double parsed) ? parsed : arguments.Value(0, "default", 0.0);
            case "abs":
                return value is double d ? (object)Math.Abs(d) : Math.Abs(Math.Max(JinjaValue.ToLong(value), -long.MaxValue));
            case "round":
                return Math.Round(JinjaValue.ToDouble(value), (int)Math.Clamp(arguments.Integer(0, "precision", 0), 0, 15));
            case "items":
                return value is JinjaUndefined ? new List<object?>() : JinjaMethods.Pairs(Map(name, value), budget);
            case "dictsort":
                var pairs = JinjaMethods.Pairs(Map(name, value), budget);
                return pairs.OrderBy(p => (string)((List<object?>)p!)[0]!, StringComparer.OrdinalIgnoreCase).ToList();
            case "trim" or "upper" or "lower" or "title" or "capitalize" or "replace" or "indent" or "escape" or "e" or "wordcount":
                return OnText(name, value is string s ? s : JinjaValue.Text(value, budget), arguments, budget);
            default:
                return OnItems(name, value, arguments, budget);
        }
    }

    private static object OnText(string name, string text, JinjaArguments arguments, JinjaBudget budget) => name switch
    {
        "trim" => budget.Made(arguments.OptionalText(0, "chars") is { } chars ? text.Trim(chars.ToCharArray()) : text.Trim()),
        "upper" => budget.Made(text.ToUpperInvariant()),
        "lower" => budget.Made(text.ToLowerInvariant()),
        "title" => budget.Made(JinjaMethods.Title(text)),
        "capitalize" => budget.Made(JinjaMethods.Capitalize(text)),
        "replace" => JinjaMethods.Replace(text, arguments.Text(0, "old"), arguments.Text(1, "new"), arguments.Integer(2, "count", -1), budget),
        "wordcount" => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).LongLength,
        "indent" => Indent(text, arguments, budget),
        _ => budget.Made(System.Net.WebUtility.HtmlEncode(text)),
    };

    private static object? OnItems(string name, object? value, JinjaArguments arguments, JinjaBudget budget)
    {
        if (name == "join")
            return JinjaMethods.Join(arguments.OptionalText(0, "d") ?? "", Selected(value, arguments, budget), budget);
        if (name == "reverse" && value is string text)
            return budget.Made(string.Concat(JinjaValue.Items(text, budget).Reverse()));
        var items = JinjaValue.Items(value, budget);
        budget.Step(items.Count);
        switch (name)
        {
            case "first":
                return items.Count > 0 ? items[0] : JinjaUndefined.Instance;
            case "last":
                return items.Count > 0 ? items[^1] : JinjaUndefined.Instance;
            case "list":
                return items.ToList();
            case "reverse":
                return items.Reverse().ToList();
            case "min":
                return items.Count == 0 ? JinjaUndefined.Instance : items.Aggregate((a, b) => JinjaValue.Compare(b, a) < 0 ? b : a);
            case "max":
                return items.Count == 0 ? JinjaUndefined.Instance : items.Aggregate((a, b) => JinjaValue.Compare(b, a) > 0 ? b : a);
            case "sum":
                return items.Aggregate((object?)0L, (a, b) => JinjaArithmetic.Apply("+", a, b, budget));
            case "sort":
                return Sorted(items, arguments, budget);
            case "unique":
                return Unique(items, arguments, budget);
            case "map":
                return items.Select(i => Mapped(i, arguments, budget)).ToList();
            case "select" or "reject":
                return items.Where(i => Passes(i, arguments, 0, budget) == (name == "select")).ToList();
            case "selectattr" or "rejectattr":
                string path = arguments.Text(0, "attribute");
                return items.Where(i => Passes(Attribute(i, path), arguments, 1, budget) == (name == "selectattr")).ToList();
            default:
                throw new ChatTemplateException($"the filter \"{name}\" is not supported");
        }
    }

    private static object? ToInteger(object? value, JinjaArguments arguments) => value switch
    {
        double d when double.IsFinite(d) && Math.Abs(d) < 9e18 => (long)d,
        string text when long.TryParse(text.Trim(), CultureInfo.InvariantCulture, out long parsed) => parsed,
        bool or long => JinjaValue.ToLong(value),
        _ => arguments.Value(0, "default", 0L),
    };

    private static string Indent(string text, JinjaArguments arguments, JinjaBudget budget)
    {
        string margin = arguments.Value(0, "width") is string given ? given : new string(' ', (int)Math.Clamp(arguments.Integer(0, "width", 4), 0, 256));
        var lines = text.Split('\n');
        budget.Make(text.Length + ((long)margin.Length * lines.Length));
        bool first = arguments.Flag(1, "first");
        bool blank = arguments.Flag(2, "blank");
        return string.Join('\n', lines.Select((line, i) => (i > 0 || first) && (line.Length > 0 || blank) ? margin + line : line));
    }

    private static object? Selected(object? value, JinjaArguments arguments, JinjaBudget budget) =>
        arguments.Value(1, "attribute") is string path
            ? JinjaValue.Items(value, budget).Select(i => Attribute(i, path)).ToList()
            : value;

    private static object? Key(object? item, JinjaArguments arguments, int index)
    {
        object? key = arguments.Value(index, "attribute") is string path ? Attribute(item, path) : item;
        return key is string text && !arguments.Flag(1, "case_sensitive") ? text.ToLowerInvariant() : key;
    }

    private static List<object?> Sorted(IReadOnlyList<object?> items, JinjaArguments arguments, JinjaBudget budget)
    {
        budget.Step(items.Count);
        try
        {
            var sorted = items.OrderBy(i => Key(i, arguments, 2), Comparer<object?>.Create(JinjaValue.Compare)).ToList();
            if (arguments.Flag(0, "reverse"))
                sorted.Reverse();
            return sorted;
        }
        catch (InvalidOperationException e) when (e.InnerException is ChatTemplateException refused)
        {
            throw new ChatTemplateException($"sort: {refused.Message}", refused);
        }
    }

    private static List<object?> Unique(IReadOnlyList<object?> items, JinjaArguments arguments, JinjaBudget budget)
    {
        var kept = new List<object?>();
        foreach (object? item in items)
        {
            budget.Step(kept.Count);
            if (!kept.Any(k => JinjaValue.Equals(Key(k, arguments, 1), Key(item, arguments, 1))))
                kept.Add(item);
        }

        return kept;
    }

    private static object? Mapped(object? item, JinjaArguments arguments, JinjaBudget budget)
    {
        if (arguments.Named.TryGetValue("attribute", out object? path))
        {
            object? value = Attribute(item, path as string ?? throw arguments.Error("attribute must be a string"));
            return value is JinjaUndefined && arguments.Named.TryGetValue("default", out object? otherwise) ? otherwise : value;
        }

        var rest = new JinjaArguments("map", arguments.Positional.Skip(1).ToList(), arguments.Named);
        return Run(arguments.Text(0, "filter"), item, rest, budget);
    }

    private static bool Passes(object? value, JinjaArguments arguments, int at, JinjaBudget budget)
    {
        if (arguments.Count <= at)
            return JinjaValue.IsTrue(value);
        string test = arguments.Text(at, "test");
        var rest = new JinjaArguments(test, arguments.Positional.Skip(at + 1).ToList(), arguments.Named);
        return JinjaTests.Run(test is "==" ? "eq" : test is "!=" ? "ne" : test, value, rest, budget);
    }

    private static object? Attribute(object? value, string path)
    {
        foreach (string name in path.Split('.'))
            value = value is OrderedDictionary<string, object?> map && map.TryGetValue(name, out object? next) ? next : JinjaUndefined.Instance;
        return value;
    }

    private static OrderedDictionary<string, object?> Map(string name, object? value) =>
        value as OrderedDictionary<string, object?> ?? throw new ChatTemplateException($"{name}: {JinjaValue.TypeName(value)} is not a mapping");
}

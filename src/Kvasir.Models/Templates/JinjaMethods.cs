namespace Kvasir.Models;

/// <summary>The methods of strings, lists and mappings that templates call. Values are never changed.</summary>
internal static class JinjaMethods
{
    /// <summary>The bound method, or null when the value has none of this name.</summary>
    public static JinjaFunction? Find(object? target, string name, JinjaBudget budget) => target switch
    {
        string text => OfString(text, name, budget),
        OrderedDictionary<string, object?> map => OfMap(map, name, budget),
        List<object?> list => OfList(list, name, budget),
        _ => null,
    };

    public static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    public static string Title(string text)
    {
        var chars = text.ToCharArray();
        for (int i = 0; i < chars.Length; i++)
        {
            bool inside = i > 0 && char.IsLetter(chars[i - 1]);
            chars[i] = inside ? char.ToLowerInvariant(chars[i]) : char.ToUpperInvariant(chars[i]);
        }

        return new string(chars);
    }

    public static string Replace(string text, string from, string to, long count, JinjaBudget budget)
    {
        var parts = from.Length == 0 ? [text] : text.Split(from, count is >= 0 and < int.MaxValue ? (int)count + 1 : int.MaxValue);
        budget.Make(text.Length + ((parts.Length - 1L) * to.Length));
        return string.Join(to, parts);
    }

    private static JinjaFunction? OfString(string text, string name, JinjaBudget budget) => name switch
    {
        "strip" => a => budget.Made(Chars(a) is { } c ? text.Trim(c) : text.Trim()),
        "lstrip" => a => budget.Made(Chars(a) is { } c ? text.TrimStart(c) : text.TrimStart()),
        "rstrip" => a => budget.Made(Chars(a) is { } c ? text.TrimEnd(c) : text.TrimEnd()),
        "upper" => _ => budget.Made(text.ToUpperInvariant()),
        "lower" => _ => budget.Made(text.ToLowerInvariant()),
        "title" => _ => budget.Made(Title(text)),
        "capitalize" => _ => budget.Made(Capitalize(text)),
        "startswith" => a => Affixes(a).Any(p => text.StartsWith(p, StringComparison.Ordinal)),
        "endswith" => a => Affixes(a).Any(p => text.EndsWith(p, StringComparison.Ordinal)),
        "removeprefix" => a => text.StartsWith(a.Text(0, "prefix"), StringComparison.Ordinal) ? budget.Made(text[a.Text(0, "prefix").Length..]) : text,
        "removesuffix" => a => text.EndsWith(a.Text(0, "suffix"), StringComparison.Ordinal) ? budget.Made(text[..^a.Text(0, "suffix").Length]) : text,
        "replace" => a => Replace(text, a.Text(0, "old"), a.Text(1, "new"), a.Integer(2, "count", -1), budget),
        "split" => a => Split(text, a, budget, fromEnd: false),
        "rsplit" => a => Split(text, a, budget, fromEnd: true),
        "splitlines" => _ => Listed((text.EndsWith('\n') ? text[..^1] : text).ReplaceLineEndings("\n").Split('\n'), budget),
        "find" => a => (long)text.IndexOf(a.Text(0, "sub"), StringComparison.Ordinal),
        "rfind" => a => (long)text.LastIndexOf(a.Text(0, "sub"), StringComparison.Ordinal),
        "count" => a => a.Text(0, "sub") is { Length: > 0 } part ? text.Split(part).LongLength - 1 : text.Length + 1L,
        "join" => a => Join(text, a.Value(0, "iterable"), budget),
        "isdigit" => _ => text.Length > 0 && text.All(char.IsDigit),
        "isalpha" => _ => text.Length > 0 && text.All(char.IsLetter),
        "isspace" => _ => text.Length > 0 && text.All(char.IsWhiteSpace),
        "islower" => _ => text.Any(char.IsLetter) && text == text.ToLowerInvariant(),
        "isupper" => _ => text.Any(char.IsLetter) && text == text.ToUpperInvariant(),
        _ => null,
    };

    private static JinjaFunction? OfMap(OrderedDictionary<string, object?> map, string name, JinjaBudget budget) => name switch
    {
        "items" => _ => Pairs(map, budget),
        "keys" => _ => Listed(map.Keys, budget),
        "values" => _ => Listed(map.Values, budget),
        "get" => a => a.Value(0, "key") is string key && map.TryGetValue(key, out object? value) ? value : a.Value(1, "default"),
        _ => null,
    };

    private static JinjaFunction? OfList(List<object?> list, string name, JinjaBudget budget) => name switch
    {
        "index" => a => Position(list, a, budget) is >= 0 and var at ? (long)at : throw a.Error("the value is not in the list"),
        "count" => a => (long)list.Count(i => JinjaValue.Equals(i, a.Value(0, "value"))),
        _ => null,
    };

    public static List<object?> Pairs(OrderedDictionary<string, object?> map, JinjaBudget budget)
    {
        budget.Step(map.Count);
        return [.. map.Select(p => (object?)new List<object?> { p.Key, p.Value })];
    }

    public static string Join(string separator, object? items, JinjaBudget budget)
    {
        var list = JinjaValue.Items(items, budget);
        budget.Step(list.Count);
        budget.Make((long)separator.Length * list.Count);
        var parts = new List<string>(list.Count);
        foreach (object? item in list)
            parts.Add(budget.Made(JinjaValue.Text(item, budget)));
        return string.Join(separator, parts);
    }

    private static int Position(List<object?> list, JinjaArguments arguments, JinjaBudget budget)
    {
        budget.Step(list.Count);
        return list.FindIndex(i => JinjaValue.Equals(i, arguments.Value(0, "value")));
    }

    private static List<object?> Listed(IEnumerable<object?> items, JinjaBudget budget)
    {
        var list = items.ToList();
        budget.Step(list.Count);
        foreach (object? item in list)
            budget.Make(item is string text ? text.Length : 0);
        return list;
    }

    private static char[]? Chars(JinjaArguments arguments) => arguments.OptionalText(0, "chars")?.ToCharArray();

    private static IEnumerable<string> Affixes(JinjaArguments arguments) => arguments.Value(0, "prefix") switch
    {
        string one => [one],
        List<object?> several => several.OfType<string>(),
        _ => throw arguments.Error("a string or a tuple of strings was expected"),
    };

    private static List<object?> Split(string text, JinjaArguments arguments, JinjaBudget budget, bool fromEnd)
    {
        string? separator = arguments.OptionalText(0, "sep");
        long limit = arguments.Integer(1, "maxsplit", -1);
        int most = limit is >= 0 and < int.MaxValue ? (int)limit + 1 : int.MaxValue;
        if (separator is null)
        {
            var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return words.Length <= most ? Listed(words, budget) : throw arguments.Error("maxsplit without a separator is not supported");
        }

        if (separator.Length == 0)
            throw arguments.Error("the separator is empty");
        if (!fromEnd || most == int.MaxValue)
            return Listed(text.Split(separator, most), budget);
        var parts = new List<string>();
        int end = text.Length;
        while (parts.Count < most - 1 && end > 0 && text.LastIndexOf(separator, end - 1, StringComparison.Ordinal) is >= 0 and var at
            && at + separator.Length <= end)
        {
            parts.Insert(0, text[(at + separator.Length)..end]);
            end = at;
        }

        parts.Insert(0, text[..end]);
        return Listed(parts, budget);
    }
}

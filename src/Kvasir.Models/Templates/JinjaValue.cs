using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Kvasir.Models;

/// <summary>
/// The values of templates and Python's rules for them. A value is null (none), <see cref="JinjaUndefined"/>, bool, long,
/// double, string, a list, an ordered dictionary with string keys, a <see cref="JinjaNamespace"/> or a <see cref="JinjaFunction"/>.
/// </summary>
internal static class JinjaValue
{
    public static bool IsTrue(object? value) => value switch
    {
        null or JinjaUndefined => false,
        bool b => b,
        long n => n != 0,
        double d => d != 0,
        string s => s.Length > 0,
        List<object?> list => list.Count > 0,
        OrderedDictionary<string, object?> map => map.Count > 0,
        _ => true,
    };

    /// <summary>What an output tag prints.</summary>
    public static string Text(object? value, JinjaBudget budget) => value switch
    {
        string s => s,
        JinjaUndefined => "",
        _ => budget.Made(Represent(value, budget)),
    };

    /// <summary>Items of a list, keys of a map, characters of a string.</summary>
    public static IReadOnlyList<object?> Items(object? value, JinjaBudget budget)
    {
        switch (value)
        {
            case List<object?> list:
                return list;
            case JinjaUndefined:
                return [];
            case OrderedDictionary<string, object?> map:
                return [.. map.Keys];
            case string text:
                budget.Step(text.Length);
                return [.. text.EnumerateRunes().Select(r => (object?)r.ToString())];
            default:
                throw new ChatTemplateException($"{TypeName(value)} cannot be iterated");
        }
    }

    public static new bool Equals(object? a, object? b)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (IsNumber(a) && IsNumber(b))
            return a is double || b is double ? ToDouble(a) == ToDouble(b) : ToLong(a) == ToLong(b);
        return (a, b) switch
        {
            (List<object?> x, List<object?> y) => x.Count == y.Count && x.Zip(y).All(p => Equals(p.First, p.Second)),
            (OrderedDictionary<string, object?> x, OrderedDictionary<string, object?> y) =>
                x.Count == y.Count && x.All(p => y.TryGetValue(p.Key, out object? other) && Equals(p.Value, other)),
            _ => object.Equals(a, b),
        };
    }

    public static int Compare(object? a, object? b) => (a, b) switch
    {
        (string x, string y) => string.CompareOrdinal(x, y),
        _ when IsNumber(a) && IsNumber(b) => a is double || b is double ? ToDouble(a).CompareTo(ToDouble(b)) : ToLong(a).CompareTo(ToLong(b)),
        _ => throw new ChatTemplateException($"{TypeName(a)} and {TypeName(b)} have no order"),
    };

    public static bool Contains(object? container, object? item, JinjaBudget budget)
    {
        if (container is string text)
        {
            return item is string part
                ? text.Contains(part, StringComparison.Ordinal)
                : throw new ChatTemplateException("\"in\" on a string needs a string");
        }

        if (container is OrderedDictionary<string, object?> map)
            return item is string key && map.ContainsKey(key);
        var items = Items(container, budget);
        budget.Step(items.Count);
        return items.Any(i => Equals(i, item));
    }

    public static bool IsNumber(object? value) => value is bool or long or double;

    public static double ToDouble(object? value) => value is double d ? d : ToLong(value);

    public static long ToLong(object? value) => value switch
    {
        bool b => b ? 1 : 0,
        long n => n,
        _ => throw new ChatTemplateException($"{TypeName(value)} is not an integer"),
    };

    public static string TypeName(object? value) => value switch
    {
        null => "none",
        JinjaUndefined => "an undefined value",
        bool => "a truth value",
        long => "an integer",
        double => "a number",
        string => "a string",
        List<object?> => "a list",
        OrderedDictionary<string, object?> => "a mapping",
        JinjaNamespace => "a namespace",
        _ => "a function",
    };

    // Python's repr, which is also what str gives for everything but strings.
    private static string Represent(object? value, JinjaBudget budget)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        budget.Step();
        switch (value)
        {
            case null:
                return "None";
            case JinjaUndefined:
                return "Undefined";
            case bool b:
                return b ? "True" : "False";
            case long n:
                return n.ToString(CultureInfo.InvariantCulture);
            case double d:
                return JinjaNumber.Text(d);
            case string s:
                return Quote(s);
            case List<object?> list:
                return Join('[', list.Select(i => Represent(i, budget)), ']', budget);
            case OrderedDictionary<string, object?> map:
                return Join('{', map.Select(p => $"{Quote(p.Key)}: {Represent(p.Value, budget)}"), '}', budget);
            default:
                return $"<{TypeName(value)}>";
        }
    }

    private static string Join(char open, IEnumerable<string> parts, char close, JinjaBudget budget)
    {
        var text = new StringBuilder().Append(open);
        foreach (string part in parts)
        {
            budget.Make(part.Length);
            text.Append(text.Length > 1 ? ", " : "").Append(part);
        }

        return text.Append(close).ToString();
    }

    private static string Quote(string text)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var result = new StringBuilder().Append(quote);
        foreach (char c in text)
        {
            result.Append(c switch
            {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\\' => "\\\\",
                _ when c == quote => "\\" + c,
                _ => c.ToString(),
            });
        }

        return result.Append(quote).ToString();
    }
}

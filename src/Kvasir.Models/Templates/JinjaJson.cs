using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Kvasir.Models;

/// <summary>The <c>tojson</c> filter as chat templates expect it: Python's json.dumps, by default without escaping beyond ASCII.</summary>
internal static class JinjaJson
{
    public static string Write(object? value, JinjaJsonOptions options, JinjaBudget budget)
    {
        var text = new StringBuilder();
        Write(text, value, options, 0, budget);
        return budget.Made(text.ToString());
    }

    private static void Write(StringBuilder text, object? value, JinjaJsonOptions options, int depth, JinjaBudget budget)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        budget.Step();
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case bool b:
                text.Append(b ? "true" : "false");
                break;
            case string s:
                budget.Make(s.Length);
                WriteString(text, s, options.Ascii);
                break;
            case long or double:
                text.Append(JinjaValue.Text(value, budget));
                break;
            case List<object?> list:
                WriteItems(text, '[', list, ']', options, depth, budget, item => Write(text, item, options, depth + 1, budget));
                break;
            case OrderedDictionary<string, object?> map:
                IReadOnlyCollection<KeyValuePair<string, object?>> pairs = options.SortKeys ? [.. map.OrderBy(p => p.Key, StringComparer.Ordinal)] : map;
                WriteItems(text, '{', pairs, '}', options, depth, budget, pair =>
                {
                    WriteString(text, pair.Key, options.Ascii);
                    text.Append(options.KeySeparator);
                    Write(text, pair.Value, options, depth + 1, budget);
                });
                break;
            default:
                throw new ChatTemplateException($"tojson: {JinjaValue.TypeName(value)} cannot be written");
        }
    }

    private static void WriteItems<T>(
        StringBuilder text, char open, IReadOnlyCollection<T> items, char close, JinjaJsonOptions options, int depth, JinjaBudget budget, Action<T> write)
    {
        text.Append(open);
        bool first = true;
        foreach (var item in items)
        {
            if (!first)
                text.Append(options.ItemSeparator);
            first = false;
            NewLine(text, options.Indent, depth + 1, budget);
            write(item);
        }

        if (items.Count > 0)
            NewLine(text, options.Indent, depth, budget);
        text.Append(close);
    }

    private static void NewLine(StringBuilder text, int? indent, int depth, JinjaBudget budget)
    {
        if (indent is not { } width)
            return;
        budget.Make((long)width * depth);
        text.Append('\n').Append(' ', width * depth);
    }

    private static void WriteString(StringBuilder text, string value, bool ascii)
    {
        text.Append('"');
        foreach (char c in value)
        {
            switch (c)
            {
                case '"' or '\\':
                    text.Append('\\').Append(c);
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                case '\b':
                    text.Append("\\b");
                    break;
                case '\f':
                    text.Append("\\f");
                    break;
                case < ' ' or > '\x7e' when c < ' ' || ascii:
                    text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }

        text.Append('"');
    }
}

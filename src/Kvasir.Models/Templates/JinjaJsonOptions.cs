namespace Kvasir.Models;

/// <summary>The options of <c>tojson</c>, which are those of Python's json.dumps.</summary>
/// <param name="Indent">Blanks a level; null for one line.</param>
/// <param name="ItemSeparator">Stands between items.</param>
/// <param name="KeySeparator">Stands between a key and its value.</param>
/// <param name="Ascii">Whether characters beyond ASCII are escaped.</param>
/// <param name="SortKeys">Whether keys come in their order and not as they are.</param>
internal sealed record JinjaJsonOptions(int? Indent, string ItemSeparator, string KeySeparator, bool Ascii, bool SortKeys)
{
    public static readonly JinjaJsonOptions Default = new(null, ", ", ": ", false, false);

    /// <summary>In the order of Hugging Face's filter: ensure_ascii, indent, separators, sort_keys.</summary>
    public static JinjaJsonOptions Of(JinjaArguments arguments)
    {
        // The filter's own first argument is indent; Hugging Face's comes second. Templates name it.
        bool first = arguments.Count > 0 && arguments.Positional[0] is long;
        int? indent = first || arguments.Value(1, "indent") is not null
            ? (int)Math.Clamp(first ? arguments.Integer(0, "indent", 0) : arguments.Integer(1, "indent", 0), 0, 16)
            : null;
        var (item, key) = (indent is null ? ", " : ",", ": ");
        if (arguments.Value(2, "separators") is { } separators)
        {
            if (separators is not List<object?> { Count: 2 } pair || pair[0] is not string between || pair[1] is not string after)
                throw arguments.Error("the argument \"separators\" must be two strings");
            (item, key) = (between, after);
        }

        return new JinjaJsonOptions(indent, item, key, !first && arguments.Flag(0, "ensure_ascii"), arguments.Flag(3, "sort_keys"));
    }
}

using System.Text.Json;
using Kvasir.Grammars.Automata;
using Kvasir.Grammars.Regex;

namespace Kvasir.Grammars.Json;

/// <summary>Reads <c>type</c> and the keywords that belong to one type.</summary>
internal static class TypeReader
{
    private const int LongestCountedText = 20_000;
    private static readonly string[] AllTypes = ["null", "boolean", "number", "string", "array", "object"];

    public static List<Spec> Read(SchemaReader reader, JsonElement schema, string pointer)
    {
        var types = Types(schema, pointer);
        var result = new List<Spec>();
        foreach (var type in types)
        {
            switch (type)
            {
                case "null":
                    result.Add(NullSpec.Instance);
                    break;
                case "boolean":
                    result.Add(new BooleanSpec(true, true));
                    break;
                case "integer" when !types.Contains("number"):
                    AddNumber(ReadNumber(schema, pointer, NumberLanguages.Integers), result);
                    break;
                case "number":
                    AddNumber(ReadNumber(schema, pointer, null), result);
                    break;
                case "string":
                    if (ReadString(reader, schema, pointer) is { IsEmpty: false } contents)
                        result.Add(new StringSpec(contents, HasDisputedPattern(schema)));
                    break;
                case "array":
                    result.Add(ArrayReader.Read(reader, schema, pointer));
                    break;
                case "object":
                    result.Add(ObjectReader.Read(reader, schema, pointer));
                    break;
            }
        }

        return result;
    }

    // A pattern that names characters beyond U+FFFF means them.
    private static bool HasDisputedPattern(JsonElement schema) =>
        schema.TryGetProperty("pattern", out var pattern) && pattern.GetString() is { } text && !text.Any(char.IsSurrogate) &&
        !text.Contains("\\u{", StringComparison.Ordinal) && !text.Contains("\\ud", StringComparison.OrdinalIgnoreCase);

    private static void AddNumber(Dfa? values, List<Spec> result)
    {
        if (values is not { IsEmpty: true })
            result.Add(new NumberSpec(values));
    }

    private static HashSet<string> Types(JsonElement schema, string pointer)
    {
        if (!schema.TryGetProperty("type", out var type))
            return [.. AllTypes];
        var names = type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(item => SchemaKeywords.Text(item, pointer + "/type")) : [SchemaKeywords.Text(type, pointer + "/type")];
        var types = new HashSet<string>(names, StringComparer.Ordinal);
        if (types.Remove("any"))
            types.UnionWith(AllTypes);
        foreach (var name in types)
        {
            if (name != "integer" && !AllTypes.Contains(name))
                throw SchemaDocument.Error(pointer + "/type", $"'{name}' is not a JSON type");
        }

        if (schema.TryGetProperty("nullable", out var nullable) && nullable.ValueKind == JsonValueKind.True)
            types.Add("null");
        return types;
    }

    private static Dfa? ReadNumber(JsonElement schema, string pointer, Dfa? values)
    {
        foreach (var (bound, strict, isMinimum) in (ReadOnlySpan<(string, string, bool)>)[("minimum", "exclusiveMinimum", true), ("maximum", "exclusiveMaximum", false)])
        {
            // Up to draft-04 the exclusive keywords were flags of the others.
            var isFlag = schema.TryGetProperty(strict, out var exclusive) && exclusive.ValueKind is JsonValueKind.True or JsonValueKind.False;
            if (schema.TryGetProperty(bound, out var limit))
                And(Bound(Literal(limit, bound), isMinimum, isFlag && exclusive.ValueKind == JsonValueKind.True));
            if (!isFlag && exclusive.ValueKind != JsonValueKind.Undefined)
                And(Bound(Literal(exclusive, strict), isMinimum, true));
        }

        foreach (var keyword in (ReadOnlySpan<string>)["multipleOf", "divisibleBy"])
        {
            if (schema.TryGetProperty(keyword, out var divisor))
                And(NumberLanguages.MultiplesOf(Literal(divisor, keyword)));
        }

        return values;

        void And(Dfa more) => values = values?.Intersect(more) ?? more;

        string Literal(JsonElement value, string keyword) => value.ValueKind == JsonValueKind.Number
            ? value.GetRawText()
            : throw SchemaDocument.Error($"{pointer}/{keyword}", $"a number is expected, not {value.GetRawText()}");

        static Dfa Bound(string limit, bool isMinimum, bool exclusive) => isMinimum ? NumberLanguages.AtLeast(limit, exclusive) : NumberLanguages.AtMost(limit, exclusive);
    }

    private static Dfa ReadString(SchemaReader reader, JsonElement schema, string pointer)
    {
        var contents = Dfa.Anything;
        if (schema.TryGetProperty("pattern", out var pattern))
            contents = contents.Intersect(Pattern(SchemaKeywords.Text(pattern, pointer + "/pattern"), pointer + "/pattern"));
        if (schema.TryGetProperty("format", out var format))
        {
            var name = SchemaKeywords.Text(format, pointer + "/format");
            if (Formats.Find(name) is { } language)
                contents = contents.Intersect(language);
            else if (!reader.Options.Lenient)
                throw SchemaDocument.Error(pointer + "/format", $"the format '{name}' cannot be enforced; remove it, or read the schema leniently");
        }

        var min = SchemaKeywords.Count(schema, "minLength", pointer) ?? 0;
        var max = SchemaKeywords.Count(schema, "maxLength", pointer);
        if (min > 0 || max is not null)
        {
            if (min > LongestCountedText || (max > LongestCountedText && max != int.MaxValue))
                throw SchemaDocument.Error(pointer, $"lengths up to {LongestCountedText} can be counted, not {Math.Max(min, max ?? 0)}; drop the bound");
            contents = max < min ? Dfa.Nothing : contents.Intersect(Lengths(min, max == int.MaxValue ? null : max));
        }

        return contents;
    }

    /// <summary>The texts in which a pattern matches somewhere.</summary>
    public static Dfa Pattern(string pattern, string pointer)
    {
        try
        {
            return RegexCompiler.Compile(pattern, wholeText: false);
        }
        catch (GrammarException error)
        {
            throw new GrammarException($"schema at #{pointer}: {error.Message}", error);
        }
    }

    private static Dfa Lengths(int min, int? max)
    {
        var count = (max ?? min) + 1;
        var accepts = new bool[count];
        var edges = new DfaEdge[count][];
        for (var i = 0; i < count; i++)
        {
            var to = i + 1 < count ? i + 1 : max is null ? i : -1;
            accepts[i] = i >= min;
            edges[i] = to < 0 ? [] : [.. CodeSet.Any.Ranges.Select(range => new DfaEdge(range.Low, range.High, to))];
        }

        return new Dfa(accepts, edges);
    }
}

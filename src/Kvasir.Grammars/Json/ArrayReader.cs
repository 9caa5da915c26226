using System.Text.Json;

namespace Kvasir.Grammars.Json;

/// <summary>Reads the keywords of arrays, in the spellings of all drafts.</summary>
internal static class ArrayReader
{
    public static ArraySpec Read(SchemaReader reader, JsonElement schema, string pointer)
    {
        IReadOnlyList<Conjunction> prefix = [];
        var rest = Conjunction.True;
        if (schema.TryGetProperty("prefixItems", out var leading))
            prefix = [.. SchemaKeywords.Items(leading, pointer + "/prefixItems").Select((item, i) => reader.Name(item, $"{pointer}/prefixItems/{i}"))];
        var saysRest = schema.TryGetProperty("items", out var items);
        if (saysRest && items.ValueKind == JsonValueKind.Array)
        {
            prefix = [.. items.EnumerateArray().Select((item, i) => reader.Name(item, $"{pointer}/items/{i}"))];
            saysRest = schema.TryGetProperty("additionalItems", out var additional);
            if (saysRest)
                rest = reader.Name(additional, pointer + "/additionalItems");
        }
        else if (saysRest)
            rest = reader.Name(items, pointer + "/items");
        if (schema.TryGetProperty("unevaluatedItems", out var unevaluated) && unevaluated.ValueKind != JsonValueKind.True && !saysRest)
        {
            if (schema.TryGetProperty("contains", out _))
                throw SchemaDocument.Error(pointer + "/unevaluatedItems", "it is not supported beside contains");
            rest = reader.Name(unevaluated, pointer + "/unevaluatedItems");
        }

        var result = new ArraySpec
        {
            Prefix = prefix,
            Rest = rest,
            Min = SchemaKeywords.Count(schema, "minItems", pointer) ?? 0,
            Max = SchemaKeywords.Count(schema, "maxItems", pointer),
            Unique = schema.TryGetProperty("uniqueItems", out var unique) && unique.ValueKind == JsonValueKind.True,
        };
        if (!schema.TryGetProperty("contains", out var contains))
            return result;
        var min = SchemaKeywords.Count(schema, "minContains", pointer) ?? 1;
        var max = SchemaKeywords.Count(schema, "maxContains", pointer);
        return min == 0 && max is null ? result : result with { Contains = [new ContainsSpec(reader.Name(contains, pointer + "/contains"), min, max)] };
    }
}

using System.Text.Json;
using Kvasir.Grammars.Automata;

namespace Kvasir.Grammars.Json;

/// <summary>Reads single values (<c>const</c>, <c>enum</c>).</summary>
internal static class ConstReader
{
    public static Spec Read(SchemaReader reader, JsonElement value, string pointer) => value.ValueKind switch
    {
        JsonValueKind.Null => NullSpec.Instance,
        JsonValueKind.True => new BooleanSpec(true, false),
        JsonValueKind.False => new BooleanSpec(false, true),
        JsonValueKind.Number => new NumberSpec(Dfa.Literal(NumberLanguages.Canonicalize(value.GetRawText()))),
        JsonValueKind.String => new StringSpec(Dfa.Literal(value.GetString()!)),
        JsonValueKind.Array => new ArraySpec
        {
            Prefix = [.. value.EnumerateArray().Select((item, i) => reader.NameConst(item, $"{pointer}/{i}"))],
            Rest = Conjunction.False,
            Min = value.GetArrayLength(),
            Max = value.GetArrayLength(),
        },
        _ => new ObjectSpec
        {
            Members = [.. value.EnumerateObject().Select(property => KeyValuePair.Create(property.Name, reader.NameConst(property.Value, pointer + SchemaDocument.Part(property.Name))))],
            Required = new HashSet<string>(value.EnumerateObject().Select(property => property.Name)),
            Rest = [(Dfa.Anything, Conjunction.False)],
        },
    };

    /// <summary>Any of several values; those of one simple type become one language.</summary>
    public static List<Spec> ReadAny(SchemaReader reader, JsonElement values, string pointer)
    {
        var result = new List<Spec>();
        var texts = new List<string>();
        var numbers = new List<string>();
        var index = 0;
        foreach (var value in SchemaKeywords.Items(values, pointer))
        {
            if (value.ValueKind == JsonValueKind.String)
                texts.Add(value.GetString()!);
            else if (value.ValueKind == JsonValueKind.Number)
                numbers.Add(NumberLanguages.Canonicalize(value.GetRawText()));
            else
                result.Add(Read(reader, value, $"{pointer}/{index}"));
            index++;
        }

        if (index == 0)
            throw SchemaDocument.Error(pointer, "an enum without values allows nothing");
        if (texts.Count > 0)
            result.Add(new StringSpec(SpecAlgebra.Union(texts)));
        if (numbers.Count > 0)
            result.Add(new NumberSpec(SpecAlgebra.Union(numbers)));
        return result;
    }
}

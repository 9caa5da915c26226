using System.Text.Json;

namespace Kvasir.Grammars.Json;

/// <summary>Reads what a member's presence asks for: <c>dependentRequired</c>, <c>dependentSchemas</c> and, before them, <c>dependencies</c>.</summary>
internal static class DependencyReader
{
    public static IReadOnlyList<Spec> Apply(SchemaReader reader, JsonElement schema, string pointer, IReadOnlyList<Spec> within)
    {
        foreach (var keyword in (ReadOnlySpan<string>)["dependentRequired", "dependentSchemas", "dependencies"])
        {
            if (!schema.TryGetProperty(keyword, out var dependencies))
                continue;
            var at = $"{pointer}/{keyword}";
            foreach (var property in SchemaKeywords.Members(dependencies, at))
            {
                var absent = ObjectSpec.Free.With(property.Name, Conjunction.False);
                IReadOnlyList<Spec> present = [ObjectSpec.Free.Requiring(property.Name)];
                if (property.Value.ValueKind is JsonValueKind.Array or JsonValueKind.String)
                {
                    var names = property.Value.ValueKind == JsonValueKind.String ? [property.Value] : property.Value.EnumerateArray().ToArray();
                    present = [names.Aggregate((ObjectSpec)present[0], (spec, name) => spec.Requiring(SchemaKeywords.Text(name, at)))];
                }
                else
                    present = SpecAlgebra.Intersect(present, reader.Read(reader.Name(property.Value, at + SchemaDocument.Part(property.Name))));
                within = SpecAlgebra.Intersect(within, [.. Spec.Everything.Where(spec => spec is not ObjectSpec), absent, .. present]);
            }
        }

        return within;
    }
}

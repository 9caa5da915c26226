using System.Text.Json;
using Kvasir.Grammars.Automata;

namespace Kvasir.Grammars.Json;

/// <summary>Reads the keywords of objects.</summary>
internal static class ObjectReader
{
    public static ObjectSpec Read(SchemaReader reader, JsonElement schema, string pointer)
    {
        var patterns = new List<(Dfa Names, Conjunction Value)>();
        if (schema.TryGetProperty("patternProperties", out var byPattern))
        {
            var at = pointer + "/patternProperties";
            foreach (var property in SchemaKeywords.Members(byPattern, at))
            {
                var place = at + SchemaDocument.Part(property.Name);
                patterns.Add((TypeReader.Pattern(property.Name, place), reader.Name(property.Value, place)));
            }
        }

        var members = new List<KeyValuePair<string, Conjunction>>();
        if (schema.TryGetProperty("properties", out var properties))
        {
            var at = pointer + "/properties";
            foreach (var property in SchemaKeywords.Members(properties, at))
            {
                var value = reader.Name(property.Value, at + SchemaDocument.Part(property.Name));
                foreach (var (names, more) in patterns)
                {
                    if (names.Matches(property.Name))
                        value = value.And(more);
                }

                members.RemoveAll(member => member.Key == property.Name);
                members.Add(new(property.Name, value));
            }
        }

        var result = new ObjectSpec
        {
            Members = members,
            Rest = Regions(patterns, Additional(reader, schema, pointer, members.Count > 0)),
            Required = Required(schema, pointer),
            Min = SchemaKeywords.Count(schema, "minProperties", pointer) ?? 0,
            Max = SchemaKeywords.Count(schema, "maxProperties", pointer),
        };
        return schema.TryGetProperty("propertyNames", out var propertyNames) ? Restrict(reader, result, reader.Name(propertyNames, pointer + "/propertyNames")) : result;
    }

    private static Conjunction Additional(SchemaReader reader, JsonElement schema, string pointer, bool namesMembers)
    {
        if (schema.TryGetProperty("additionalProperties", out var additional))
            return reader.Name(additional, pointer + "/additionalProperties");
        if (schema.TryGetProperty("unevaluatedProperties", out var unevaluated))
            return reader.Name(unevaluated, pointer + "/unevaluatedProperties");
        return namesMembers && reader.Options.AdditionalPropertiesByDefault == false ? Conjunction.False : Conjunction.True;
    }

    private static HashSet<string> Required(JsonElement schema, string pointer)
    {
        // In draft-03, and in careless schemas, it is a flag of the member: the member's own reader then has nothing to do with it.
        if (!schema.TryGetProperty("required", out var required) || required.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return [];
        return [.. SchemaKeywords.Items(required, pointer + "/required").Select(item => SchemaKeywords.Text(item, pointer + "/required"))];
    }

    // All names, divided by which patterns they match.
    private static List<(Dfa, Conjunction)> Regions(List<(Dfa Names, Conjunction Value)> patterns, Conjunction additional)
    {
        var regions = new List<(Dfa Names, Conjunction Value, bool Matched)> { (Dfa.Anything, Conjunction.True, false) };
        foreach (var pattern in patterns)
        {
            var next = new List<(Dfa, Conjunction, bool)>();
            foreach (var region in regions)
            {
                var inside = region.Names.Intersect(pattern.Names);
                var outside = region.Names.Except(pattern.Names);
                if (!inside.IsEmpty)
                    next.Add((inside, region.Value.And(pattern.Value), true));
                if (!outside.IsEmpty)
                    next.Add((outside, region.Value, region.Matched));
            }

            regions = next;
            if (regions.Count > 64)
                throw new GrammarException("patternProperties overlap in more than 64 ways; use fewer patterns");
        }

        return [.. regions.Select(region => (region.Names, region.Matched ? region.Value : additional))];
    }

    private static ObjectSpec Restrict(SchemaReader reader, ObjectSpec spec, Conjunction names)
    {
        var allowed = reader.Read(names).OfType<StringSpec>().Select(text => text.Contents).Aggregate(Dfa.Nothing, (a, b) => a.Union(b));
        var regions = new List<(Dfa, Conjunction)>();
        foreach (var (language, value) in spec.Rest)
        {
            var inside = language.Intersect(allowed);
            var outside = language.Except(allowed);
            if (!inside.IsEmpty)
                regions.Add((inside, value));
            if (!outside.IsEmpty)
                regions.Add((outside, Conjunction.False));
        }

        return spec with
        {
            Members = [.. spec.Members.Select(member => allowed.Matches(member.Key) ? member : new(member.Key, Conjunction.False))],
            Rest = regions,
        };
    }
}

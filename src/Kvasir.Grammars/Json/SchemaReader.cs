using System.Text.Json;

namespace Kvasir.Grammars.Json;

/// <summary>
/// Reads schemas as unions of instances of one type. Children stay names (<see cref="Conjunction"/>), so recursion costs nothing here.
/// Whatever cannot be enforced exactly is refused with its JSON pointer.
/// </summary>
internal sealed class SchemaReader
{
    private const int MostSchemas = 20_000;

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<(JsonElement Element, string Pointer, bool IsConst)> _schemas = [];
    private readonly Dictionary<int, List<Spec>> _read = [];
    private readonly HashSet<int> _reading = [];
    private readonly Dictionary<Conjunction, IReadOnlyList<Spec>> _combined = [];
    private readonly SpecEmptiness _emptiness;

    public SchemaReader(JsonElement root, JsonSchemaOptions options)
    {
        Options = options;
        Document = new SchemaDocument(root);
        _emptiness = new SpecEmptiness(this);
        _schemas.Add((default, "", false));
        Root = Name(root, "");
    }

    public JsonSchemaOptions Options { get; }

    public SchemaDocument Document { get; }

    public Conjunction Root { get; }

    /// <summary>A subschema as a name.</summary>
    public Conjunction Name(JsonElement schema, string pointer) => schema.ValueKind switch
    {
        JsonValueKind.True => Conjunction.True,
        JsonValueKind.False => Conjunction.False,
        JsonValueKind.Object => schema.EnumerateObject().MoveNext() ? Conjunction.Of(Number(schema, pointer, "#" + pointer, false)) : Conjunction.True,
        _ => throw SchemaDocument.Error(pointer, $"a schema is an object or a boolean, not {schema.ValueKind}"),
    };

    /// <summary>The schema of exactly one value, as a name.</summary>
    public Conjunction NameConst(JsonElement value, string pointer) => Conjunction.Of(Number(value, pointer, "=" + value.GetRawText(), true));

    /// <summary>What a name allows.</summary>
    public IReadOnlyList<Spec> Read(Conjunction name)
    {
        if (name.IsFalse)
            return [];
        if (_combined.TryGetValue(name, out var known))
            return known;
        if (_combined.Count > MostSchemas)
            throw new GrammarException($"the schema's parts combine in more than {MostSchemas} ways; simplify it");
        var result = Spec.Everything;
        foreach (var literal in name.Literals.Where(literal => (literal & 1) == 0))
            result = SpecAlgebra.Intersect(result, Read(literal >> 1));
        foreach (var literal in name.Literals.Where(literal => (literal & 1) == 1))
            result = SpecAlgebra.Subtract(result, Read(literal >> 1), IsEmpty);
        return _combined[name] = result;
    }

    /// <summary>Whether there is surely no instance.</summary>
    public bool IsEmpty(Spec spec) => _emptiness.IsEmpty(spec);

    private List<Spec> Read(int schema)
    {
        if (_read.TryGetValue(schema, out var known))
            return known;
        var (element, pointer, isConst) = _schemas[schema];
        if (!_reading.Add(schema))
            throw SchemaDocument.Error(pointer, "the schema is defined by itself");
        try
        {
            known = isConst ? [ConstReader.Read(this, element, pointer)] : ReadKeywords(element, pointer);
        }
        catch (GrammarException error) when (!error.Message.StartsWith("schema at", StringComparison.Ordinal))
        {
            throw new GrammarException($"schema at #{pointer}: {error.Message}", error);
        }
        finally
        {
            _reading.Remove(schema);
        }

        _read.Add(schema, known);
        return known;
    }

    private List<Spec> ReadKeywords(JsonElement schema, string pointer)
    {
        if (schema.TryGetProperty("$ref", out var reference) && Document.IgnoresSiblingsOfRef)
            return [.. Read(Reference(reference, pointer, false))];
        SchemaKeywords.CheckKnown(schema, pointer, Options);
        IReadOnlyList<Spec> result = TypeReader.Read(this, schema, pointer);
        if (schema.TryGetProperty("const", out var constant))
            result = SpecAlgebra.Intersect(result, Read(NameConst(constant, pointer + "/const")));
        if (schema.TryGetProperty("enum", out var values))
            result = SpecAlgebra.Intersect(result, ConstReader.ReadAny(this, values, pointer + "/enum"));
        if (reference.ValueKind != JsonValueKind.Undefined)
            result = SpecAlgebra.Intersect(result, Read(Reference(reference, pointer, false)));
        foreach (var keyword in (ReadOnlySpan<string>)["$dynamicRef", "$recursiveRef"])
        {
            if (schema.TryGetProperty(keyword, out var dynamic))
                result = SpecAlgebra.Intersect(result, Read(Reference(dynamic, pointer, true)));
        }

        foreach (var part in Parts(schema, "allOf", pointer))
            result = SpecAlgebra.Intersect(result, Read(part));
        if (schema.TryGetProperty("anyOf", out _))
            result = Union(Parts(schema, "anyOf", pointer).Select(part => SpecAlgebra.Intersect(result, Read(part))));
        result = DependencyReader.Apply(this, schema, pointer, result);
        if (schema.TryGetProperty("oneOf", out _))
            result = ExactlyOne(result, Parts(schema, "oneOf", pointer));
        if (schema.TryGetProperty("if", out var condition))
            result = Conditional(result, schema, condition, pointer);
        if (schema.TryGetProperty("not", out var not))
            result = SpecAlgebra.Subtract(result, Read(Name(not, pointer + "/not")), IsEmpty);
        return [.. result];
    }

    private List<Spec> ExactlyOne(IReadOnlyList<Spec> within, List<Conjunction> parts)
    {
        var each = parts.Select(part => SpecAlgebra.Intersect(within, Read(part))).ToArray();
        return Union(each.Select((one, i) =>
        {
            for (var j = 0; j < each.Length; j++)
            {
                if (j != i)
                    one = SpecAlgebra.Subtract(one, each[j], IsEmpty);
            }

            return one;
        }));
    }

    private IReadOnlyList<Spec> Conditional(IReadOnlyList<Spec> within, JsonElement schema, JsonElement condition, string pointer)
    {
        var test = Read(Name(condition, pointer + "/if"));
        var hasThen = schema.TryGetProperty("then", out var then);
        var hasElse = schema.TryGetProperty("else", out var otherwise);
        if (!hasThen && !hasElse)
            return within;
        var met = SpecAlgebra.Intersect(within, test);
        var unmet = SpecAlgebra.Subtract(within, test, IsEmpty);
        if (hasThen)
            met = SpecAlgebra.Intersect(met, Read(Name(then, pointer + "/then")));
        if (hasElse)
            unmet = SpecAlgebra.Intersect(unmet, Read(Name(otherwise, pointer + "/else")));
        return [.. met, .. unmet];
    }

    private Conjunction Reference(JsonElement reference, string pointer, bool isDynamic)
    {
        if (reference.ValueKind != JsonValueKind.String)
            throw SchemaDocument.Error(pointer, "a reference is a string");
        var (place, element) = Document.Resolve(reference.GetString()!, pointer, isDynamic);
        return Name(element, place);
    }

    private List<Conjunction> Parts(JsonElement schema, string keyword, string pointer)
    {
        if (!schema.TryGetProperty(keyword, out var parts))
            return [];
        if (parts.ValueKind != JsonValueKind.Array || parts.GetArrayLength() == 0)
            throw SchemaDocument.Error($"{pointer}/{keyword}", "a list of at least one schema is expected");
        return [.. parts.EnumerateArray().Select((part, i) => Name(part, $"{pointer}/{keyword}/{i}"))];
    }

    private static List<Spec> Union(IEnumerable<IReadOnlyList<Spec>> parts) => [.. parts.SelectMany(part => part).Distinct(ReferenceEqualityComparer.Instance).Cast<Spec>()];

    private int Number(JsonElement element, string pointer, string key, bool isConst)
    {
        if (_numbers.TryGetValue(key, out var number))
            return number;
        if (_schemas.Count >= MostSchemas)
            throw SchemaDocument.Error(pointer, $"there are more than {MostSchemas} subschemas");
        _schemas.Add((element, pointer, isConst));
        _numbers.Add(key, _schemas.Count - 1);
        return _schemas.Count - 1;
    }
}

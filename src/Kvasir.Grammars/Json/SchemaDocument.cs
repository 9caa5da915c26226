using System.Text.Json;

namespace Kvasir.Grammars.Json;

/// <summary>A schema document with its identifiers and anchors; finds what references name. Nothing is fetched.</summary>
internal sealed class SchemaDocument
{
    private const int DeepestNesting = 120;
    private static readonly Uri NoBase = new("https://schema.invalid/");
    private static readonly HashSet<string> NotSchemas = new(["enum", "const", "default", "examples", "example"], StringComparer.Ordinal);

    private static readonly string[] OldDialects = ["draft-03", "draft-04", "draft-06", "draft-07"];

    private readonly Dictionary<string, string> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _dynamicAnchors = new(StringComparer.Ordinal);
    private readonly JsonElement _root;

    public SchemaDocument(JsonElement root)
    {
        _root = root;
        IgnoresSiblingsOfRef = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("$schema", out var dialect) &&
            dialect.ValueKind == JsonValueKind.String && OldDialects.Any(dialect.GetString()!.Contains);
        _places[NoBase.AbsoluteUri] = "";
        Index(root, "", NoBase, 0);
    }

    /// <summary>Whether keywords beside <c>$ref</c> have no meaning, as up to draft-07.</summary>
    public bool IgnoresSiblingsOfRef { get; }

    /// <summary>Escapes a name as a part of a JSON pointer.</summary>
    public static string Part(string name) => "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>The place and the element that a reference at <paramref name="from"/> names.</summary>
    public (string Pointer, JsonElement Element) Resolve(string reference, string from, bool isDynamic)
    {
        if (isDynamic && _dynamicAnchors.GetValueOrDefault(reference[(reference.IndexOf('#', StringComparison.Ordinal) + 1)..]) > 1)
            throw Error(from, $"the dynamic reference '{reference}' may mean several schemas; use $ref");
        if (!Uri.TryCreate(BaseOf(from), reference, out var uri))
            throw Error(from, $"the reference '{reference}' is not a URI");
        var fragment = Uri.UnescapeDataString(uri.Fragment.TrimStart('#'));
        var resource = uri.GetLeftPart(UriPartial.Query);
        string? pointer;
        if (fragment.Length == 0 || fragment[0] == '/')
        {
            pointer = _places.TryGetValue(resource, out var place) ? place + fragment : null;
        }
        else
        {
            pointer = _places.GetValueOrDefault(resource + "#" + fragment);
        }

        if (pointer is null)
            throw Error(from, $"the reference '{reference}' is not in this document; references are never fetched, so put it under $defs");
        return Walk(pointer) is { } found ? found : throw Error(from, $"the reference '{reference}' names nothing");
    }

    public static GrammarException Error(string pointer, string what) => new($"schema at #{pointer}: {what}");

    private Uri BaseOf(string pointer)
    {
        var at = NoBase;
        var element = _root;
        at = Based(at, element);
        foreach (var part in pointer.Split('/').Skip(1))
        {
            if (Step(element, part) is not { } next)
                break;
            element = next;
            at = Based(at, element);
        }

        return at;
    }

    // The canonical pointer, so that one place has one name.
    private (string Pointer, JsonElement Element)? Walk(string pointer)
    {
        var element = _root;
        var canonical = "";
        foreach (var part in pointer.Split('/').Skip(1))
        {
            if (Step(element, part) is not { } next)
                return null;
            element = next;
            canonical += Part(Unescape(part));
        }

        return (canonical, element);
    }

    private static JsonElement? Step(JsonElement element, string part)
    {
        if (element.ValueKind == JsonValueKind.Object)
            return element.TryGetProperty(Unescape(part), out var value) ? value : null;
        if (element.ValueKind == JsonValueKind.Array && int.TryParse(part, out var index) && index >= 0 && index < element.GetArrayLength())
            return element[index];
        return null;
    }

    private static string Unescape(string part) => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    private Uri Based(Uri parent, JsonElement element) =>
        Identifier(element) is { } id && !id.StartsWith('#') && Uri.TryCreate(parent, id, out var uri) ? new Uri(uri.GetLeftPart(UriPartial.Query)) : parent;

    private string? Identifier(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object || (IgnoresSiblingsOfRef && element.TryGetProperty("$ref", out _)))
            return null;
        if (element.TryGetProperty("$id", out var id) && id.ValueKind == JsonValueKind.String)
            return id.GetString();
        return element.TryGetProperty("id", out id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null;
    }

    private void Index(JsonElement element, string pointer, Uri parent, int depth)
    {
        if (depth > DeepestNesting)
            throw Error(pointer, $"the schema nests deeper than {DeepestNesting}");
        if (element.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var item in element.EnumerateArray())
                Index(item, $"{pointer}/{index++}", parent, depth + 1);
            return;
        }

        if (element.ValueKind != JsonValueKind.Object)
            return;
        var at = Based(parent, element);
        if (!at.Equals(parent))
            _places[at.AbsoluteUri] = pointer;
        if (Identifier(element) is { } id && id.StartsWith('#'))
            _places[at.AbsoluteUri + id] = pointer;
        foreach (var keyword in (ReadOnlySpan<string>)["$anchor", "$dynamicAnchor"])
        {
            if (!element.TryGetProperty(keyword, out var anchor) || anchor.ValueKind != JsonValueKind.String)
                continue;
            _places[at.AbsoluteUri + "#" + anchor.GetString()] = pointer;
            if (keyword == "$dynamicAnchor")
                _dynamicAnchors[anchor.GetString()!] = _dynamicAnchors.GetValueOrDefault(anchor.GetString()!) + 1;
        }

        foreach (var property in element.EnumerateObject())
        {
            if (!NotSchemas.Contains(property.Name))
                Index(property.Value, pointer + Part(property.Name), at, depth + 1);
        }
    }
}

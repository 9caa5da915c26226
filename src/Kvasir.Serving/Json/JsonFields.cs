using System.Globalization;
using System.Text.Json;
using Kvasir.Serving.Errors;

namespace Kvasir.Serving.Json;

/// <summary>
/// An object of a request. Its fields are read with their types; a wrong one is an error that names it. Fields that nobody reads are
/// tolerated, and null is the same as absent, as the protocol has it.
/// </summary>
internal readonly struct JsonFields
{
    private readonly string _path;

    /// <param name="element">The object.</param>
    /// <param name="path">Where it stands in the request, e.g. <c>messages[0]</c>; empty for the body.</param>
    /// <exception cref="ApiException">It is no object.</exception>
    public JsonFields(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Wrong(path.Length == 0 ? null : path, "an object", element);
        Element = element;
        _path = path;
    }

    public JsonElement Element { get; }

    /// <summary>The whole name of a field, e.g. <c>messages[0].role</c>.</summary>
    public string Path(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    /// <summary>An error about a field.</summary>
    public ApiException Invalid(string name, string message) => ApiException.Invalid(Path(name), $"{Path(name)} {message}");

    /// <summary>A field that is there and not null.</summary>
    public bool TryGet(string name, out JsonElement value) =>
        Element.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    public string? Text(string name)
    {
        if (!TryGet(name, out var value))
            return null;
        return value.ValueKind == JsonValueKind.String ? Read(value, Path(name)) : throw Wrong(Path(name), "a string", value);
    }

    public string RequireText(string name) => Text(name) ?? throw Missing(name);

    /// <summary>A text of the list, or null.</summary>
    public string? OneOf(string name, params ReadOnlySpan<string> allowed)
    {
        var value = Text(name);
        if (value is null)
            return null;
        foreach (var text in allowed)
        {
            if (text == value)
                return value;
        }

        throw Invalid(name, $"is '{value}'; allowed: {string.Join(", ", allowed.ToArray())}");
    }

    public bool? Flag(string name)
    {
        if (!TryGet(name, out var value))
            return null;
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(Path(name), "true or false", value),
        };
    }

    public int? Integer(string name, int min, int max)
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Number)
            throw Wrong(Path(name), "an integer", value);
        if (!value.TryGetInt64(out var number))
            throw Invalid(name, $"is {value.GetRawText()}; expected an integer");
        if (number < min || number > max)
            throw Invalid(name, FormattableString.Invariant($"is {number}; allowed: {min} to {max}"));
        return (int)number;
    }

    public long? Long(string name)
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var number))
            throw Wrong(Path(name), "an integer", value);
        return number;
    }

    public float? Number(string name, float min, float max)
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Number)
            throw Wrong(Path(name), "a number", value);
        var number = value.GetDouble();
        if (!(number >= min && number <= max))
            throw Invalid(name, FormattableString.Invariant($"is {value.GetRawText()}; allowed: {min} to {max}"));
        return (float)number;
    }

    public JsonFields? Object(string name) => TryGet(name, out var value) ? new JsonFields(value, Path(name)) : null;

    /// <summary>The elements of an array with their paths; null when the field is absent.</summary>
    public List<(JsonElement Value, string Path)>? Array(string name, int max)
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Array)
            throw Wrong(Path(name), "an array", value);
        var count = value.GetArrayLength();
        if (count > max)
            throw Invalid(name, FormattableString.Invariant($"has {count} elements; allowed: at most {max}"));
        var elements = new List<(JsonElement, string)>(count);
        foreach (var element in value.EnumerateArray())
            elements.Add((element, string.Create(CultureInfo.InvariantCulture, $"{Path(name)}[{elements.Count}]")));
        return elements;
    }

    public ApiException Missing(string name) =>
        ApiException.Invalid(Path(name), $"{Path(name)} is missing", "missing_required_parameter");

    /// <summary>An error about a value of the wrong type.</summary>
    public static ApiException Wrong(string? path, string expected, JsonElement value) =>
        ApiException.Invalid(path, $"{path ?? "the body"} is {Kind(value)}; expected {expected}", "invalid_type");

    /// <summary>The text of a JSON string.</summary>
    /// <exception cref="ApiException">It holds half a surrogate pair.</exception>
    public static string Read(JsonElement value, string path)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw ApiException.Invalid(path, $"{path} is not valid text: {exception.Message}", cause: exception);
        }
    }

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}

using System.Text.Json;

namespace Kvasir.Models;

/// <summary>A JSON value with its file and its place, so that a wrong type is reported with both.</summary>
/// <param name="path">The file.</param>
/// <param name="parent">Where what holds the value is; the place itself is put together when it is asked for, since vocabularies have a hundred thousand.</param>
/// <param name="name">The member that it is, or null.</param>
/// <param name="index">The element that it is, or -1.</param>
/// <param name="element">The value.</param>
/// <param name="defaults">An object whose members stand for missing ones, or undefined.</param>
internal readonly struct JsonField(string path, string parent, string? name, int index, JsonElement element, JsonElement defaults = default)
{
    /// <summary>A document.</summary>
    public JsonField(string path, JsonElement root)
        : this(path, "", null, -1, root)
    {
    }

    public string Path => path;

    public JsonElement Element => element;

    public bool IsObject => element.ValueKind == JsonValueKind.Object;

    public bool IsArray => element.ValueKind == JsonValueKind.Array;

    public bool IsString => element.ValueKind == JsonValueKind.String;

    public bool IsNumber => element.ValueKind == JsonValueKind.Number;

    private string Place => name is not null ? Join(parent, name) : index >= 0 ? $"{parent}[{index}]" : parent;

    /// <summary>The member, or null when it is missing or JSON null.</summary>
    public JsonField? Find(string member)
    {
        if (!IsObject)
            throw Error("an object was expected");
        if (element.TryGetProperty(member, out var value) && value.ValueKind != JsonValueKind.Null)
            return new JsonField(path, Place, member, -1, value);
        return defaults.ValueKind == JsonValueKind.Object && defaults.TryGetProperty(member, out var other) ? new JsonField(path, Place, member, -1, other) : null;
    }

    /// <summary>The same object with members for those that it lacks.</summary>
    public JsonField WithDefaults(JsonElement members) => new(path, parent, name, index, element, members);

    public JsonField Get(string member) => Find(member) ?? throw new ModelFormatException(path, $"field \"{Join(Place, member)}\" is missing");

    public IEnumerable<(string Name, JsonField Value)> Members()
    {
        if (!IsObject)
            throw Error("an object was expected");
        return Enumerate(path, Place, element);

        static IEnumerable<(string, JsonField)> Enumerate(string path, string place, JsonElement element)
        {
            foreach (var member in element.EnumerateObject())
            {
                string name;
                try
                {
                    name = member.Name;
                }
                catch (InvalidOperationException e)
                {
                    throw NotUnicode(path, place, e);
                }

                yield return (name, new JsonField(path, place, name, -1, member.Value));
            }
        }
    }

    public IEnumerable<JsonField> Items()
    {
        if (!IsArray)
            throw Error("an array was expected");
        return Enumerate(path, Place, element);

        static IEnumerable<JsonField> Enumerate(string path, string place, JsonElement element)
        {
            int i = 0;
            foreach (var item in element.EnumerateArray())
                yield return new JsonField(path, place, null, i++, item);
        }
    }

    public string String()
    {
        if (!IsString)
            throw Error("a string was expected");
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw NotUnicode(path, Place, e);
        }
    }

    public int Int(int min, int max)
    {
        if (!IsNumber || !element.TryGetInt64(out long value))
            throw Error("an integer was expected");
        return value >= min && value <= max ? (int)value : throw Error($"{value} is outside {min} to {max}");
    }

    public long Long()
    {
        if (!IsNumber || !element.TryGetInt64(out long value))
            throw Error("an integer was expected");
        return value;
    }

    public double Number()
    {
        if (!IsNumber || !element.TryGetDouble(out double value) || !double.IsFinite(value))
            throw Error("a finite number was expected");
        return value;
    }

    public bool Bool() => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Error("true or false was expected"),
    };

    public ModelFormatException Error(string problem) =>
        new(path, Place is { Length: > 0 } place ? $"field \"{place}\": {problem}" : $"{problem}, found {element.ValueKind}");

    // JsonElement reads strings lazily and throws InvalidOperationException on unpaired surrogates and bad UTF-8.
    private static ModelFormatException NotUnicode(string path, string place, InvalidOperationException e) =>
        new(path, $"field \"{place}\": the text is not valid Unicode", e);

    private static string Join(string place, string name) => place.Length == 0 ? name : $"{place}.{name}";
}

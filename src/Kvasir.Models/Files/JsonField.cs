using System.Text.Json;

namespace Kvasir.Models;

/// <summary>A JSON value with its file and its place, so that a wrong type is reported with both.</summary>
/// <param name="path">The file.</param>
/// <param name="place">Where in it.</param>
/// <param name="element">The value.</param>
/// <param name="defaults">An object whose members stand for missing ones, or undefined.</param>
internal readonly struct JsonField(string path, string place, JsonElement element, JsonElement defaults = default)
{
    public string Path => path;

    public JsonElement Element => element;

    public bool IsObject => element.ValueKind == JsonValueKind.Object;

    public bool IsArray => element.ValueKind == JsonValueKind.Array;

    public bool IsString => element.ValueKind == JsonValueKind.String;

    public bool IsNumber => element.ValueKind == JsonValueKind.Number;

    /// <summary>The member, or null when it is missing or JSON null.</summary>
    public JsonField? Find(string name)
    {
        if (!IsObject)
            throw Error("an object was expected");
        if (element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
            return new JsonField(path, Join(name), value);
        return defaults.ValueKind == JsonValueKind.Object && defaults.TryGetProperty(name, out var other) ? new JsonField(path, Join(name), other) : null;
    }

    /// <summary>The same object with members for those that it lacks.</summary>
    public JsonField WithDefaults(JsonElement members) => new(path, place, element, members);

    public JsonField Get(string name) => Find(name) ?? throw new ModelFormatException(path, $"field \"{Join(name)}\" is missing");

    public IEnumerable<(string Name, JsonField Value)> Members()
    {
        if (!IsObject)
            throw Error("an object was expected");
        return Enumerate(path, place, element);

        static IEnumerable<(string, JsonField)> Enumerate(string path, string place, JsonElement element)
        {
            foreach (var member in element.EnumerateObject())
            {
                string name = Text(path, place, () => member.Name);
                yield return (name, new JsonField(path, place.Length == 0 ? name : $"{place}.{name}", member.Value));
            }
        }
    }

    public IEnumerable<JsonField> Items()
    {
        if (!IsArray)
            throw Error("an array was expected");
        return Enumerate(path, place, element);

        static IEnumerable<JsonField> Enumerate(string path, string place, JsonElement element)
        {
            int i = 0;
            foreach (var item in element.EnumerateArray())
                yield return new JsonField(path, $"{place}[{i++}]", item);
        }
    }

    public string String()
    {
        if (!IsString)
            throw Error("a string was expected");
        var value = element;
        return Text(path, place, () => value.GetString()!);
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
        new(path, place.Length == 0 ? $"{problem}, found {element.ValueKind}" : $"field \"{place}\": {problem}");

    // JsonElement reads strings lazily and throws InvalidOperationException on unpaired surrogates and bad UTF-8.
    private static string Text(string path, string place, Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException e)
        {
            throw new ModelFormatException(path, $"field \"{place}\": the text is not valid Unicode", e);
        }
    }

    private string Join(string name) => place.Length == 0 ? name : $"{place}.{name}";
}

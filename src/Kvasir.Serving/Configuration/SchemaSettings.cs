using System.Text.Json.Nodes;

namespace Kvasir.Serving.Configuration;

/// <summary>Tells the settings as a JSON schema, for editors.</summary>
internal sealed class SchemaSettings : SettingReader
{
    private const string SizePattern = @"^\s*[0-9.]+\s*([KMGT]i?B?|B)?\s*$";
    private const string TimePattern = @"^\s*(0|[0-9.]+\s*(ms|s|m|h|d))\s*$";

    private readonly JsonObject _properties = [];

    /// <summary>The schema of the object whose settings were visited.</summary>
    public JsonObject ToSchema() => new()
    {
        ["type"] = "object",
        ["additionalProperties"] = false,
        ["properties"] = _properties,
    };

    public override string? Text(string name, string? fallback, string meaning) => Add(name, "string", fallback, meaning, fallback);

    public override string? Secret(string name, string meaning) => Add<string?>(name, "string", null, meaning, null);

    public override bool Flag(string name, bool fallback, string meaning) => Add(name, "boolean", fallback, meaning, fallback);

    public override int? Number(string name, int? fallback, int min, string meaning)
    {
        Add(name, "integer", fallback, meaning, fallback);
        _properties[name]!["minimum"] = min;
        return fallback;
    }

    public override double Real(string name, double fallback, double min, double max, string meaning)
    {
        Add(name, "number", fallback, meaning, fallback);
        _properties[name]!["minimum"] = min;
        _properties[name]!["maximum"] = max;
        return fallback;
    }

    public override long? Size(string name, long? fallback, string meaning)
    {
        Add(name, "string", fallback is { } bytes ? Units.Size(bytes) : null, meaning, fallback);
        _properties[name]!["type"] = new JsonArray("string", "integer");
        _properties[name]!["pattern"] = SizePattern;
        return fallback;
    }

    public override TimeSpan? Time(string name, TimeSpan? fallback, string meaning)
    {
        Add(name, "string", fallback is { } time ? Units.Time(time) : null, meaning, fallback);
        _properties[name]!["pattern"] = TimePattern;
        return fallback;
    }

    public override string Choice(string name, string fallback, IReadOnlyList<string> allowed, string meaning)
    {
        Add(name, "string", fallback, meaning, fallback);
        _properties[name]!["enum"] = new JsonArray([.. allowed.Select(word => (JsonNode)word)]);
        return fallback;
    }

    public override IReadOnlyList<string> Texts(string name, IReadOnlyList<string> fallback, string meaning)
    {
        Add(name, "array", new JsonArray([.. fallback.Select(text => (JsonNode)text)]), meaning, fallback);
        _properties[name]!["items"] = new JsonObject { ["type"] = "string" };
        return fallback;
    }

    public override IReadOnlyList<string> Secrets(string name, string meaning) => Texts(name, [], meaning);

    public override T Section<T>(string name, Func<SettingReader, T> read, string meaning)
    {
        var inner = new SchemaSettings();
        var value = read(inner);
        var schema = inner.ToSchema();
        schema["description"] = meaning;
        _properties[name] = schema;
        return value;
    }

    public override IReadOnlyList<T> List<T>(string name, Func<SettingReader, T> read, string meaning)
    {
        var inner = new SchemaSettings();
        read(inner);
        _properties[name] = new JsonObject { ["type"] = "array", ["description"] = meaning, ["items"] = inner.ToSchema() };
        return [];
    }

    private T Add<T>(string name, string type, JsonNode? fallback, string meaning, T value)
    {
        var schema = new JsonObject { ["type"] = type, ["description"] = meaning };
        if (fallback is not null)
            schema["default"] = fallback;
        _properties[name] = schema;
        return value;
    }
}

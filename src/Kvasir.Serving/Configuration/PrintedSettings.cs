using System.Text.Json;

namespace Kvasir.Serving.Configuration;

/// <summary>Writes the settings as they are in force, in the form of a configuration file. Secrets are masked.</summary>
internal sealed class PrintedSettings(SettingReader values, Utf8JsonWriter json) : SettingReader
{
    private const string Mask = "********";

    public override string? Text(string name, string? fallback, string meaning)
    {
        var value = values.Text(name, fallback, meaning);
        json.WriteString(name, value);
        return value;
    }

    public override string? Secret(string name, string meaning)
    {
        var value = values.Secret(name, meaning);
        json.WriteString(name, value is null ? null : Mask);
        return value;
    }

    public override bool Flag(string name, bool fallback, string meaning)
    {
        var value = values.Flag(name, fallback, meaning);
        json.WriteBoolean(name, value);
        return value;
    }

    public override int? Number(string name, int? fallback, int min, string meaning)
    {
        var value = values.Number(name, fallback, min, meaning);
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
        return value;
    }

    public override double Real(string name, double fallback, double min, double max, string meaning)
    {
        var value = values.Real(name, fallback, min, max, meaning);
        json.WriteNumber(name, value);
        return value;
    }

    public override long? Size(string name, long? fallback, string meaning)
    {
        var value = values.Size(name, fallback, meaning);
        json.WriteString(name, value is { } bytes ? Units.Size(bytes) : null);
        return value;
    }

    public override TimeSpan? Time(string name, TimeSpan? fallback, string meaning)
    {
        var value = values.Time(name, fallback, meaning);
        json.WriteString(name, value is { } time ? Units.Time(time) : null);
        return value;
    }

    public override string Choice(string name, string fallback, IReadOnlyList<string> allowed, string meaning)
    {
        var value = values.Choice(name, fallback, allowed, meaning);
        json.WriteString(name, value);
        return value;
    }

    public override IReadOnlyList<string> Texts(string name, IReadOnlyList<string> fallback, string meaning)
    {
        var value = values.Texts(name, fallback, meaning);
        json.WriteStartArray(name);
        foreach (var text in value)
            json.WriteStringValue(text);
        json.WriteEndArray();
        return value;
    }

    public override IReadOnlyList<string> Secrets(string name, string meaning)
    {
        var value = values.Secrets(name, meaning);
        json.WriteStartArray(name);
        foreach (var _ in value)
            json.WriteStringValue(Mask);
        json.WriteEndArray();
        return value;
    }

    public override T Section<T>(string name, Func<SettingReader, T> read, string meaning)
    {
        json.WriteStartObject(name);
        var value = values.Section(name, inner => read(new PrintedSettings(inner, json)), meaning);
        json.WriteEndObject();
        return value;
    }

    public override IReadOnlyList<T> List<T>(string name, Func<SettingReader, T> read, string meaning)
    {
        json.WriteStartArray(name);
        var value = values.List(
            name,
            inner =>
            {
                json.WriteStartObject();
                var element = read(new PrintedSettings(inner, json));
                json.WriteEndObject();
                return element;
            },
            meaning);
        json.WriteEndArray();
        return value;
    }
}

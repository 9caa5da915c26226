using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Kvasir.Serving.Configuration;

/// <summary>Reads settings from a configuration (file, environment and flags laid over each other).</summary>
internal sealed class ConfiguredSettings(IConfiguration configuration, string path = "") : SettingReader
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Settings that nobody asked for are mistakes, most often of spelling.</summary>
    /// <param name="source">Where the settings came from.</param>
    /// <exception cref="ConfigurationException">There is one; the message names the nearest that exists.</exception>
    public void RefuseUnknown(IConfiguration source)
    {
        foreach (var child in source.GetChildren())
        {
            if (_known.Contains(child.Key) || child.Key.StartsWith('$'))
                continue;
            var near = _known.MinBy(name => Distance(name, child.Key));
            throw new ConfigurationException($"there is no setting '{Name(child.Key)}'{(near is null ? "" : $"; did you mean '{Name(near)}'?")}");
        }
    }

    public override string? Text(string name, string? fallback, string meaning) => Value(name) is { Length: > 0 } value ? value : fallback;

    public override string? Secret(string name, string meaning) => Text(name, null, meaning);

    public override bool Flag(string name, bool fallback, string meaning) => Value(name) switch
    {
        null or "" => fallback,
        var value when bool.TryParse(value, out var flag) => flag,
        var value => throw Wrong(name, value, "true or false"),
    };

    public override int? Number(string name, int? fallback, int min, string meaning)
    {
        if (Value(name) is not { Length: > 0 } value)
            return fallback;
        return int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min
            ? number
            : throw Wrong(name, value, FormattableString.Invariant($"a whole number, {min} or more"));
    }

    public override double Real(string name, double fallback, double min, double max, string meaning)
    {
        if (Value(name) is not { Length: > 0 } value)
            return fallback;
        return double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Wrong(name, value, FormattableString.Invariant($"a number from {min} to {max}"));
    }

    public override long? Size(string name, long? fallback, string meaning)
    {
        if (Value(name) is not { Length: > 0 } value)
            return fallback;
        return Units.TryParseSize(value, out var bytes) ? bytes : throw Wrong(name, value, "a size such as 512MiB or 2GiB");
    }

    public override TimeSpan? Time(string name, TimeSpan? fallback, string meaning)
    {
        if (Value(name) is not { Length: > 0 } value)
            return fallback;
        return Units.TryParseTime(value, out var time) ? time : throw Wrong(name, value, "a time such as 250ms, 30s or 5m; 0 is off");
    }

    public override string Choice(string name, string fallback, IReadOnlyList<string> allowed, string meaning)
    {
        if (Value(name) is not { Length: > 0 } value)
            return fallback;
        return allowed.FirstOrDefault(word => word.Equals(value, StringComparison.OrdinalIgnoreCase))
            ?? throw Wrong(name, value, $"one of {string.Join(", ", allowed)}");
    }

    public override IReadOnlyList<string> Texts(string name, IReadOnlyList<string> fallback, string meaning)
    {
        // A variable or a flag gives one text with commas, a file gives a list.
        if (Value(name) is { Length: > 0 } value)
            return value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var texts = configuration.GetSection(name).GetChildren().Select(child => child.Value ?? throw Wrong(child.Path, "an object", "a list of texts")).ToArray();
        return texts.Length > 0 ? texts : fallback;
    }

    public override IReadOnlyList<string> Secrets(string name, string meaning) => Texts(name, [], meaning);

    public override T Section<T>(string name, Func<SettingReader, T> read, string meaning)
    {
        _known.Add(name);
        return Read(name, configuration.GetSection(name), read);
    }

    public override IReadOnlyList<T> List<T>(string name, Func<SettingReader, T> read, string meaning)
    {
        _known.Add(name);
        return [.. configuration.GetSection(name).GetChildren().Select(child => Read($"{name}[{child.Key}]", child, read))];
    }

    private T Read<T>(string name, IConfigurationSection section, Func<SettingReader, T> read)
    {
        if (section.Value is { Length: > 0 } value)
            throw Wrong(name, value, "an object");
        var settings = new ConfiguredSettings(section, Name(name));
        var result = read(settings);
        settings.RefuseUnknown(section);
        return result;
    }

    private string? Value(string name)
    {
        _known.Add(name);
        return configuration[name];
    }

    private string Name(string name) => path.Length == 0 ? name : $"{path}.{name}";

    private ConfigurationException Wrong(string name, string value, string allowed) =>
        new($"{Name(name)} is '{value}'; expected {allowed}");

    /// <summary>Edits between two words (Levenshtein 1965).</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = diagonal + (char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}

namespace Kvasir.Serving.Configuration;

/// <summary>
/// Visits every setting once, with its name, default and meaning. One description serves all that need it: values are read from the
/// configuration, printed, and told in the JSON schema.
/// </summary>
internal abstract class SettingReader
{
    /// <summary>A text; null where neither set nor defaulted.</summary>
    public abstract string? Text(string name, string? fallback, string meaning);

    /// <summary>A text that is never shown.</summary>
    public abstract string? Secret(string name, string meaning);

    /// <summary>True or false.</summary>
    public abstract bool Flag(string name, bool fallback, string meaning);

    /// <summary>A whole number from <paramref name="min"/> on; null where neither set nor defaulted.</summary>
    public abstract int? Number(string name, int? fallback, int min, string meaning);

    /// <summary>A number in a range.</summary>
    public abstract double Real(string name, double fallback, double min, double max, string meaning);

    /// <summary>Bytes, written as <c>512MiB</c>; null where neither set nor defaulted.</summary>
    public abstract long? Size(string name, long? fallback, string meaning);

    /// <summary>A time, written as <c>30s</c>; null where neither set nor defaulted. Zero is off.</summary>
    public abstract TimeSpan? Time(string name, TimeSpan? fallback, string meaning);

    /// <summary>One of a few words.</summary>
    public abstract string Choice(string name, string fallback, IReadOnlyList<string> allowed, string meaning);

    /// <summary>Texts.</summary>
    public abstract IReadOnlyList<string> Texts(string name, IReadOnlyList<string> fallback, string meaning);

    /// <summary>Texts that are never shown.</summary>
    public abstract IReadOnlyList<string> Secrets(string name, string meaning);

    /// <summary>An object.</summary>
    public abstract T Section<T>(string name, Func<SettingReader, T> read, string meaning);

    /// <summary>Objects in order.</summary>
    public abstract IReadOnlyList<T> List<T>(string name, Func<SettingReader, T> read, string meaning);
}

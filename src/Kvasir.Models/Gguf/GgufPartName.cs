using System.Globalization;

namespace Kvasir.Models;

/// <summary>The name of a part of a split GGUF file: <c>PREFIX-00001-of-00003.gguf</c>, numbered from 1.</summary>
/// <param name="Prefix">Folder and name up to the first of these hyphens.</param>
internal readonly record struct GgufPartName(string Prefix, int Number, int Count)
{
    private const string Between = "-of-";
    private const string Extension = ".gguf";
    private const int Digits = 5;
    private const int SuffixLength = 1 + Digits + 4 + Digits + 5;

    /// <returns>Null when the name is of another form.</returns>
    public static GgufPartName? Parse(string path)
    {
        if (path.Length <= SuffixLength)
            return null;
        var suffix = path.AsSpan(path.Length - SuffixLength);
        bool fits = suffix[0] == '-' && suffix[(1 + Digits)..].StartsWith(Between, StringComparison.Ordinal)
            && suffix.EndsWith(Extension, StringComparison.Ordinal);
        return fits
            && int.TryParse(suffix.Slice(1, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && int.TryParse(suffix.Slice(1 + Digits + Between.Length, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? new GgufPartName(path[..^SuffixLength], number, count)
            : null;
    }

    /// <summary>The path of another part.</summary>
    public string Of(int number) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}-{number:D5}-of-{Count:D5}{Extension}");
}

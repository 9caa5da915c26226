using System.Text.RegularExpressions;

namespace Kvasir.Models.Hub;

/// <summary>GGUF files that are one model: a file, or the parts of a split one.</summary>
/// <param name="Name">The path without part number and extension.</param>
/// <param name="Parts">How many files there must be.</param>
/// <param name="Paths">Those that are there, in order.</param>
internal sealed partial record GgufGroup(string Name, int Parts, IReadOnlyList<string> Paths)
{
    private const string Extension = ".gguf";

    /// <summary>The quantisation that the name says, e.g. <c>Q4_K_M</c>; null when it says none.</summary>
    public string? Quantization => QuantizationName().Matches(Name) is { Count: > 0 } matches ? matches[^1].Groups[1].Value.ToUpperInvariant() : null;

    /// <summary>Sorts paths into models. What only accompanies a model (vision projectors, importance matrices) is left out.</summary>
    public static IReadOnlyList<GgufGroup> Of(IEnumerable<string> paths) =>
    [
        .. paths.Where(IsModel)
            .Select(path => (Path: path, Split: SplitName().Match(path)))
            .GroupBy(
                file => file.Split.Success
                    ? (Name: file.Split.Groups[1].Value, Parts: int.Parse(file.Split.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture))
                    : (Name: file.Path[..^Extension.Length], Parts: 1),
                file => file.Path)
            .Select(group => new GgufGroup(group.Key.Name, group.Key.Parts, [.. group.Order(StringComparer.Ordinal)]))
            .OrderBy(group => group.Name, StringComparer.Ordinal),
    ];

    /// <summary>Whether a word that people choose by, such as <c>q4_k_m</c>, is one of the name's words.</summary>
    public bool Matches(string word)
    {
        for (int at = 0; (at = Name.IndexOf(word, at, StringComparison.OrdinalIgnoreCase)) >= 0; at++)
        {
            int end = at + word.Length;
            if ((at == 0 || !char.IsAsciiLetterOrDigit(Name[at - 1])) && (end == Name.Length || Name[end] is '-' or '.' or '/'))
                return true;
        }

        return false;
    }

    private static bool IsModel(string path)
    {
        if (!path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase))
            return false;
        var name = path.AsSpan(path.LastIndexOf('/') + 1);
        return !name.Contains("mmproj", StringComparison.OrdinalIgnoreCase) && !name.Contains("imatrix", StringComparison.OrdinalIgnoreCase);
    }

    [GeneratedRegex(@"^(.+)-\d{5}-of-(\d{5})\.gguf$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex SplitName();

    [GeneratedRegex(@"(?:^|[^A-Za-z0-9])((?:I?Q|TQ)\d(?:_[A-Za-z0-9]+)*|B?F16|F32|MXFP4(?:_[A-Za-z]+)?)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex QuantizationName();
}

namespace Kvasir.Models;

/// <summary>Lower case, character by character: the one character whose lower case is two is written out.</summary>
internal sealed class LowercaseNormalizer : TextNormalizer
{
    public override bool MayChange(ReadOnlySpan<char> text) => text.ContainsAnyExceptInRange('\0', '\x7F') || text.ContainsAnyInRange('A', 'Z');

    public override string Apply(string text) => Lower(text);

    public static string Lower(string text) => text.Replace("\u0130", "i\u0307", StringComparison.Ordinal).ToLowerInvariant();
}

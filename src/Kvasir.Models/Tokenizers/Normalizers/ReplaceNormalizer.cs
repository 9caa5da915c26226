namespace Kvasir.Models;

/// <summary>Replaces every occurrence of a text.</summary>
internal sealed class ReplaceNormalizer(string pattern, string content) : TextNormalizer
{
    public override bool MayChange(ReadOnlySpan<char> text) => text.Contains(pattern, StringComparison.Ordinal);

    public override string Apply(string text) => text.Replace(pattern, content, StringComparison.Ordinal);
}

namespace Kvasir.Models;

/// <summary>Removes white space at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : TextNormalizer
{
    public override bool MayChange(ReadOnlySpan<char> text) =>
        text.Length > 0 && ((left && char.IsWhiteSpace(text[0])) || (right && char.IsWhiteSpace(text[^1])));

    public override string Apply(string text)
    {
        string result = left ? text.TrimStart() : text;
        return right ? result.TrimEnd() : result;
    }
}

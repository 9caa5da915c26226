namespace Kvasir.Models;

/// <summary>Sets something before every text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : TextNormalizer
{
    public override bool MayChange(ReadOnlySpan<char> text) => text.Length > 0;

    public override string Apply(string text) => prefix + text;
}

namespace Kvasir.Models;

/// <summary>NFC, NFD, NFKC and NFKD.</summary>
internal sealed class FormNormalizer(bool compose, bool compatible) : TextNormalizer
{
    public override bool MayChange(ReadOnlySpan<char> text) => UnicodeForms.MayChange(text, compose, compatible);

    public override string Apply(string text) => UnicodeForms.Normalize(text, compose, compatible);
}

namespace Kvasir.Models;

/// <summary>Writes the UTF-8 bytes of a text in the byte alphabet.</summary>
internal sealed class ByteLevelNormalizer : TextNormalizer
{
    public override bool MayChange(ReadOnlySpan<char> text) => text.Length > 0;

    public override string Apply(string text) => ByteAlphabet.Encode(text);
}

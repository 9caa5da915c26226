namespace Kvasir.Models;

/// <summary>One normalizer after the other.</summary>
internal sealed class NormalizerSequence(string path, IReadOnlyList<TextNormalizer> parts) : TextNormalizer
{
    // Compatibility forms make at most 18 characters of one; a file whose replacements multiply without end is refused.
    private const int MaxGrowth = 64;
    private const int Floor = 1 << 20;

    public override bool MayChange(ReadOnlySpan<char> text)
    {
        foreach (var part in parts)
        {
            if (part.MayChange(text))
                return true;
        }

        return false;
    }

    public override string Apply(string text)
    {
        string result = text;
        foreach (var part in parts)
        {
            if (result.Length == 0)
                break;
            if (part.MayChange(result))
                result = part.Apply(result);
            if (result.Length > Floor && result.Length / MaxGrowth > text.Length)
                throw new ModelFormatException(path, $"the normalizers make more than {MaxGrowth} characters of one");
        }

        return result;
    }
}

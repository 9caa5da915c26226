namespace Kvasir.Models;

/// <summary><c>\p{N}</c>, <c>\p{N}{1,3}</c> or <c>\p{N}+</c>.</summary>
/// <param name="most">How many numbers a match may have.</param>
internal sealed class NumberMatcher(int most) : WordMatcher
{
    public override int Match(ReadOnlySpan<char> text, int at)
    {
        int end = at;
        for (int count = 0; count < most && end < text.Length && CharKinds.At(text, end, out int length) == CharKind.Number; count++)
            end += length;
        return end - at;
    }
}

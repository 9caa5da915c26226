namespace Kvasir.Models;

/// <summary>Changes text before it is cut into words. Immutable; safe for concurrent use.</summary>
internal abstract class TextNormalizer
{
    /// <summary>Whether <see cref="Apply"/> could change the text. False is certain.</summary>
    public abstract bool MayChange(ReadOnlySpan<char> text);

    /// <param name="text">Without unpaired surrogates; not empty.</param>
    public abstract string Apply(string text);
}

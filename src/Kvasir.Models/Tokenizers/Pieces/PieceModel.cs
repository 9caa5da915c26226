namespace Kvasir.Models;

/// <summary>Cuts one word into entries of the vocabulary. Immutable but for caches; safe for concurrent use.</summary>
internal abstract class PieceModel
{
    /// <summary>Appends the tokens of a word.</summary>
    /// <param name="word">Not empty; without unpaired surrogates.</param>
    public abstract void Encode(ReadOnlySpan<char> word, List<int> output);
}

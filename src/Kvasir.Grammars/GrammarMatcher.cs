using Kvasir.Grammars.Matching;

namespace Kvasir.Grammars;

/// <summary>
/// Where one sequence stands in its grammar. Used by one thread at a time. Accepting a token never leads where the grammar cannot be
/// completed. The caller ends the text: <see cref="CanEnd"/> says when it may, and the masks never hold stop tokens.
/// </summary>
public sealed class GrammarMatcher
{
    private EarleySet _set;

    internal GrammarMatcher(CompiledGrammar grammar)
    {
        Grammar = grammar;
        _set = grammar.Store.Start;
    }

    private GrammarMatcher(GrammarMatcher other)
    {
        Grammar = other.Grammar;
        _set = other._set;
    }

    /// <summary>The grammar.</summary>
    public CompiledGrammar Grammar { get; }

    /// <summary>Whether the text so far is a complete sentence, so that it may stop here.</summary>
    public bool CanEnd => _set.CanEnd;

    /// <summary>Whether it is complete and nothing can follow, so that it must stop here.</summary>
    public bool IsFinished => _set.CanEnd && !_set.GoesOn;

    /// <summary>
    /// Writes the tokens that may come next: bit t % 32 of word t / 32 is token t. Words past the vocabulary are cleared. No allocation once
    /// the position is known to the compiled grammar.
    /// </summary>
    /// <param name="mask">At least ceil(vocabulary size / 32) words.</param>
    public void FillMask(Span<uint> mask)
    {
        var words = Grammar.Vocabulary.MaskWords;
        if (mask.Length < words)
            throw new ArgumentException($"the mask has {mask.Length} words; the vocabulary of {Grammar.Vocabulary.Size} tokens needs {words}", nameof(mask));
        Grammar.FillMask(_set, mask[..words]);
        mask[words..].Clear();
    }

    /// <summary>Goes on by a token; false, and nothing is changed, where it is not allowed.</summary>
    public bool TryAccept(int token)
    {
        var text = Grammar.Vocabulary.TextOf(token);
        return !text.IsEmpty && TryAcceptBytes(text);
    }

    /// <summary>Goes on by bytes, whichever tokens they are; false, and nothing is changed, where they are not allowed.</summary>
    public bool TryAcceptBytes(ReadOnlySpan<byte> bytes)
    {
        var set = _set;
        foreach (var value in bytes)
        {
            if (!set.Allows(value))
                return false;
            set = Grammar.Store.Next(set, value);
        }

        _set = set;
        return true;
    }

    /// <summary>
    /// The longest text that is the only way on, up to the buffer's length: what a caller may append without asking the model. Zero where
    /// there is a choice, or where the text may end. It can stop inside a character.
    /// </summary>
    /// <returns>The bytes written.</returns>
    public int ForcedBytes(Span<byte> buffer)
    {
        var set = _set;
        var count = 0;
        while (count < buffer.Length && !set.CanEnd && set.OnlyByte() is >= 0 and var only)
        {
            buffer[count++] = (byte)only;
            set = Grammar.Store.Next(set, (byte)only);
        }

        return count;
    }

    /// <summary>Back to the start of the text.</summary>
    public void Reset() => _set = Grammar.Store.Start;

    /// <summary>Another matcher at the same place; the two go on independently.</summary>
    public GrammarMatcher Clone() => new(this);
}

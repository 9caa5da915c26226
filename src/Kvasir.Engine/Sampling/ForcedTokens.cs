using System.Text;
using Kvasir.Grammars;
using Kvasir.Models;

namespace Kvasir.Engine.Sampling;

/// <summary>
/// Finds the tokens that a grammar leaves no choice about, so that they are appended at once and computed in one step instead of being
/// sampled one by one (Zheng et al. 2024, "SGLang", jump-forward decoding; Dong et al. 2024, "XGrammar"). One loop's scratch memory.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>The forced text is tokenised as a whole, so that the model reads what it would read in a prompt, and not whatever pieces a mask
/// allows.</item>
/// <item>What follows may join the end of it to a longer token ("inter" and "national"). So the last token is left to the model, with those
/// before it that stand in the same run of letters, spaces or signs, which is where byte-pair merges happen. Only at the end of
/// the grammar everything is kept.</item>
/// <item>Tokens that are there already stay: the model chose them.</item>
/// </list>
/// </remarks>
internal sealed class ForcedTokens(Tokenizer tokenizer)
{
    private readonly byte[] _bytes = new byte[512];

    private enum Run
    {
        Word,
        Space,
        Sign,
    }

    /// <summary>The tokens that follow; none where there is a choice.</summary>
    public ReadOnlySpan<int> Find(GrammarMatcher matcher)
    {
        var forced = (ReadOnlySpan<byte>)_bytes.AsSpan(0, matcher.ForcedBytes(_bytes));
        var text = WholeCharacters(forced);
        if (text.IsEmpty)
            return [];
        int[] tokens;
        try
        {
            tokens = tokenizer.Encode(Encoding.UTF8.GetString(text));
        }
        catch (ModelFormatException)
        {
            return []; // the split pattern gave up on this text: it is sampled like any other
        }

        var vocabulary = matcher.Grammar.Vocabulary;
        var kept = Ends(matcher, forced, text) ? tokens.Length : Settled(tokens, vocabulary);

        // A tokenizer may add a space or strip one: only tokens that spell the text are the grammar's.
        var count = 0;
        for (var at = 0; count < kept; count++)
        {
            var spelling = vocabulary.TextOf(tokens[count]);
            if (spelling.IsEmpty || !text[at..].StartsWith(spelling))
                break;
            at += spelling.Length;
        }

        return tokens.AsSpan(0, count);
    }

    private static bool Ends(GrammarMatcher matcher, ReadOnlySpan<byte> forced, ReadOnlySpan<byte> text)
    {
        if (text.Length < forced.Length)
            return false;
        var behind = matcher.Clone();
        return behind.TryAcceptBytes(text) && behind.IsFinished;
    }

    /// <summary>Tokens at the beginning that no continuation can join to others.</summary>
    private static int Settled(ReadOnlySpan<int> tokens, TokenVocabulary vocabulary)
    {
        var last = tokens.Length - 1;
        while (last > 0)
        {
            var text = vocabulary.TextOf(tokens[last]);
            var before = vocabulary.TextOf(tokens[last - 1]);
            if (text.IsEmpty || before.IsEmpty || RunOf(text[0]) != RunOf(before[^1]))
                break;
            last--;
        }

        return last;
    }

    private static Run RunOf(byte value) => value switch
    {
        >= 0x80 => Run.Word, // part of a character that may be a letter
        _ when char.IsAsciiLetterOrDigit((char)value) => Run.Word,
        _ when char.IsWhiteSpace((char)value) => Run.Space,
        _ => Run.Sign,
    };

    /// <summary>What can be read of it as text: nothing when it begins inside a character.</summary>
    private static ReadOnlySpan<byte> WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        var whole = 0;
        while (whole < bytes.Length && Rune.DecodeFromUtf8(bytes[whole..], out _, out var consumed) == System.Buffers.OperationStatus.Done)
            whole += consumed;
        return bytes[..whole];
    }
}

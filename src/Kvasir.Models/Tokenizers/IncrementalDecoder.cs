using System.Text;

namespace Kvasir.Models;

/// <summary>
/// Turns tokens into text one at a time. A character whose bytes are spread over tokens is held back until it is complete, so
/// what has been given out never changes. Does not allocate. Not thread-safe.
/// </summary>
public sealed class IncrementalDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecial;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly char[] _chars;

    internal IncrementalDecoder(Tokenizer tokenizer, bool skipSpecial)
    {
        _tokenizer = tokenizer;
        _skipSpecial = skipSpecial;
        _chars = new char[Encoding.UTF8.GetMaxCharCount(tokenizer.LongestToken + 4)];
    }

    /// <summary>The characters that this token completes, perhaps none; valid until the next call.</summary>
    public ReadOnlySpan<char> Push(int token)
    {
        if (_skipSpecial && _tokenizer.IsSpecial(token))
            return [];
        int count = _decoder.GetChars(_tokenizer.TokenBytes(token), _chars, flush: false);
        return _chars.AsSpan(0, count);
    }

    /// <summary>Ends the text: an unfinished character becomes U+FFFD. The decoder can then begin anew.</summary>
    public ReadOnlySpan<char> Flush() => _chars.AsSpan(0, _decoder.GetChars([], _chars, flush: true));

    /// <summary>Forgets an unfinished character.</summary>
    public void Reset() => _decoder.Reset();
}

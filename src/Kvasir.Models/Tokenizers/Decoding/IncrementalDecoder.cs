using System.Text;

namespace Kvasir.Models;

/// <summary>
/// Turns tokens into text one at a time. A character whose bytes are spread over tokens is held back until it is complete, so
/// what has been given out never changes. Does not allocate once a token was seen. Not thread-safe.
/// </summary>
/// <remarks>
/// Equal to <see cref="Tokenizer.Decode"/> but for byte tokens that are not valid UTF-8: that gives one U+FFFD for each byte of such a run,
/// which can only be known at its end; and but for the space behind the last word of tokenizers that mark the ends of words.
/// </remarks>
public sealed class IncrementalDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecial;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private char[] _chars = new char[64];
    private bool _begun;

    internal IncrementalDecoder(Tokenizer tokenizer, bool skipSpecial)
    {
        _tokenizer = tokenizer;
        _skipSpecial = skipSpecial;
    }

    /// <summary>The characters that this token completes, perhaps none; valid until the next call.</summary>
    public ReadOnlySpan<char> Push(int token)
    {
        if (_skipSpecial && _tokenizer.IsSpecial(token))
            return [];
        var bytes = _begun ? _tokenizer.TokenBytes(token) : _tokenizer.FirstTokenBytes(token);
        _begun = true;
        int most = Encoding.UTF8.GetMaxCharCount(bytes.Length + 4);
        if (most > _chars.Length)
            _chars = new char[most];
        return _chars.AsSpan(0, _decoder.GetChars(bytes, _chars, flush: false));
    }

    /// <summary>Ends the text: an unfinished character becomes U+FFFD. The decoder can then begin anew.</summary>
    public ReadOnlySpan<char> Flush()
    {
        _begun = false;
        return _chars.AsSpan(0, _decoder.GetChars([], _chars, flush: true));
    }

    /// <summary>Forgets an unfinished character.</summary>
    public void Reset()
    {
        _begun = false;
        _decoder.Reset();
    }
}

using Kvasir.Grammars.Vocabulary;

namespace Kvasir.Grammars;

/// <summary>
/// The byte strings of a tokenizer's tokens, in the form that masks are computed from. Immutable, thread-safe; built once a tokenizer
/// (about 100 ms and 12 bytes a byte of text for 150,000 tokens).
/// </summary>
public sealed class TokenVocabulary
{
    private readonly byte[] _text;
    private readonly int[] _starts;

    /// <param name="size">The number of tokens, including control tokens and unused rows; the width of a mask.</param>
    /// <param name="bytes">The exact bytes that a token adds to the text.</param>
    /// <param name="isText">False for control tokens, which are never produced inside a grammar.</param>
    public TokenVocabulary(int size, Func<int, ReadOnlyMemory<byte>> bytes, Func<int, bool> isText)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ArgumentNullException.ThrowIfNull(bytes);
        ArgumentNullException.ThrowIfNull(isText);
        Size = size;
        _starts = new int[size + 1];
        using var text = new MemoryStream();
        for (var token = 0; token < size; token++)
        {
            _starts[token] = (int)text.Length;
            if (isText(token))
                text.Write(bytes(token).Span);
        }

        _starts[size] = (int)text.Length;
        _text = text.ToArray();
        Trie = TokenTrie.Build(this);
        Alphabet = Alphabet.Of(this);
    }

    /// <summary>The number of tokens.</summary>
    public int Size { get; }

    /// <summary>Words of 32 bits in a mask: ceil(<see cref="Size"/> / 32).</summary>
    public int MaskWords => (Size + 31) / 32;

    internal TokenTrie Trie { get; }

    /// <summary>What can be written whatever stands before.</summary>
    internal Alphabet Alphabet { get; }

    /// <summary>The bytes of a token; empty for control tokens.</summary>
    public ReadOnlySpan<byte> TextOf(int token) =>
        (uint)token < (uint)Size ? _text.AsSpan(_starts[token].._starts[token + 1]) : [];
}

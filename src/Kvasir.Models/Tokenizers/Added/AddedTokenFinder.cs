using System.Text;

namespace Kvasir.Models;

/// <summary>Cuts a text at the added tokens in it, as Hugging Face tokenizers do: leftmost first, the longest of those that begin at one place.</summary>
internal sealed class AddedTokenFinder
{
    private readonly AddedToken[] _tokens;
    private readonly AddedTokenTrie _trie;

    /// <param name="tokens">The tokens, each with the text that it has where it is looked for.</param>
    public AddedTokenFinder(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        var all = tokens.Where(t => t.Text.Length > 0).ToArray();
        _tokens = [.. all.Select(t => t.Token)];
        _trie = new AddedTokenTrie(all.Select((t, i) => (t.Text, i)));
    }

    public bool IsEmpty => _tokens.Length == 0;

    /// <summary>The next token.</summary>
    /// <param name="text">The text.</param>
    /// <param name="special">Whether special tokens count; else they are text.</param>
    /// <param name="from">Where to look from; moved behind the token itself.</param>
    /// <param name="done">Where the token before ended, with what it swallowed.</param>
    /// <param name="start">Where the token begins, with the white space that it swallows.</param>
    /// <param name="end">Where it ends, likewise.</param>
    public AddedToken? Next(ReadOnlySpan<char> text, bool special, ref int from, int done, out int start, out int end)
    {
        while (_trie.TryFind(text, from, out start, out int length, out int index))
        {
            end = start + length;
            from = end;
            var token = _tokens[index];
            if ((token.Special && !special) || (token.SingleWord && (EndsWithWord(text[..start]) || StartsWithWord(text[end..]))))
                continue;
            if (token.StripLeft)
                start = Math.Max(text[..start].TrimEnd().Length, Math.Min(done, start));
            while (token.StripRight && end < text.Length && char.IsWhiteSpace(text[end]))
                end++;
            return token;
        }

        (start, end) = (text.Length, text.Length);
        return null;
    }

    private static bool EndsWithWord(ReadOnlySpan<char> text) => Rune.DecodeLastFromUtf16(text, out var rune, out _) == System.Buffers.OperationStatus.Done && CharKinds.IsWord(rune);

    private static bool StartsWithWord(ReadOnlySpan<char> text) => Rune.DecodeFromUtf16(text, out var rune, out _) == System.Buffers.OperationStatus.Done && CharKinds.IsWord(rune);
}

namespace Kvasir.Models;

/// <summary>The longest entry from the left, again and again (Schuster and Nakajima 2012; BERT). A word that cannot be covered is unknown.</summary>
internal sealed class WordPieceModel : PieceModel
{
    private readonly PieceTrie _begin;
    private readonly PieceTrie _continue;
    private readonly int _unknown;
    private readonly int _maxChars;

    /// <param name="begins">The entries that words begin with.</param>
    /// <param name="continues">The entries that words go on with, without their prefix.</param>
    /// <param name="unknown">Stands for a word.</param>
    /// <param name="maxChars">Words of more characters are unknown.</param>
    public WordPieceModel(IEnumerable<(string, int)> begins, IEnumerable<(string, int)> continues, int unknown, int maxChars)
    {
        (_begin, _continue) = (new PieceTrie(begins), new PieceTrie(continues));
        (_unknown, _maxChars) = (unknown, maxChars);
    }

    public override void Encode(ReadOnlySpan<char> word, List<int> output)
    {
        int start = output.Count;
        int at = 0;
        while (at < word.Length && !IsTooLong(word))
        {
            var trie = at == 0 ? _begin : _continue;
            int node = 0;
            int found = -1;
            int end = at;
            for (int i = at; i < word.Length;)
            {
                node = trie.Next(node, word[i++]);
                if (node == 0)
                    break;
                if (trie.ValueAt(node) is >= 0 and var id)
                    (found, end) = (id, i);
            }

            if (found < 0)
                break;
            output.Add(found);
            at = end;
        }

        if (at >= word.Length)
            return;
        output.RemoveRange(start, output.Count - start);
        output.Add(_unknown);
    }

    private bool IsTooLong(ReadOnlySpan<char> word)
    {
        if (word.Length <= _maxChars)
            return false;
        int count = 0;
        foreach (char c in word)
            count += char.IsLowSurrogate(c) ? 0 : 1;
        return count > _maxChars;
    }
}

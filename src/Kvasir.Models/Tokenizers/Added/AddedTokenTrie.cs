namespace Kvasir.Models;

/// <summary>Finds added tokens in text: leftmost first, the longest of those that begin at one place.</summary>
internal sealed class AddedTokenTrie
{
    private readonly Dictionary<(int Node, char Next), int> _edges = [];
    private readonly List<int> _tokenAt = [-1];
    private readonly System.Buffers.SearchValues<char> _firstChars;

    public AddedTokenTrie(IEnumerable<(string Text, int Id)> tokens)
    {
        var first = new HashSet<char>();
        foreach (var (text, id) in tokens.Where(t => t.Text.Length > 0))
        {
            first.Add(text[0]);
            int node = 0;
            foreach (char c in text)
            {
                if (!_edges.TryGetValue((node, c), out int next))
                {
                    next = _tokenAt.Count;
                    _tokenAt.Add(-1);
                    _edges.Add((node, c), next);
                }

                node = next;
            }

            _tokenAt[node] = id;
        }

        _firstChars = System.Buffers.SearchValues.Create([.. first]);
    }

    /// <summary>The next match in the text from <paramref name="start"/> on.</summary>
    public bool TryFind(ReadOnlySpan<char> text, int start, out int at, out int length, out int id)
    {
        for (at = start; at < text.Length; at++)
        {
            int skip = text[at..].IndexOfAny(_firstChars);
            if (skip < 0)
                break;
            at += skip;
            if (LongestAt(text, at, out length, out id))
                return true;
        }

        (at, length, id) = (text.Length, 0, -1);
        return false;
    }

    private bool LongestAt(ReadOnlySpan<char> text, int at, out int length, out int id)
    {
        (length, id) = (0, -1);
        int node = 0;
        for (int i = at; i < text.Length && _edges.TryGetValue((node, text[i]), out node); i++)
        {
            if (_tokenAt[node] >= 0)
                (length, id) = (i + 1 - at, _tokenAt[node]);
        }

        return id >= 0;
    }
}

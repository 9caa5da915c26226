using Kvasir.Engine.Sequences;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Reading;

namespace Kvasir.Engine.Reading;

/// <summary>
/// What readers know of rows that lie in the prefix cache, beside these rows (<see cref="RowReader.NoteSize"/>): a reader can go on from a prefix only
/// where it is there. Kept by the keys of prefixes, a stretch of rows each, in a scope of its policy and budget; what was used least recently gives
/// way. Used by the engine's thread.
/// </summary>
/// <param name="blockRows">Rows of a block of the pool.</param>
/// <param name="mostBytes">Most memory.</param>
internal sealed class ReadingBooks(int blockRows, long mostBytes = 64L << 20)
{
    private readonly Dictionary<BlockKey, LinkedListNode<(BlockKey Key, float[] Notes)>> _known = [];
    private readonly LinkedList<(BlockKey Key, float[] Notes)> _order = [];
    private readonly int _stretch = Stretch(blockRows);
    private long _bytes;

    /// <summary>Lets a reader take over what is known of a match; returns the tokens up to which all is.</summary>
    public int Take(PrefixMatch match, RowReader reader)
    {
        var tokens = 0;
        while (tokens + _stretch <= match.TokenCount && _known.TryGetValue(KeyOf(tokens + _stretch), out var node))
        {
            for (var block = 0; block < _stretch / RowReader.BlockRows; block++)
                reader.Take((tokens / RowReader.BlockRows) + block, node.Value.Notes.AsSpan(block * reader.NoteSize, reader.NoteSize));
            tokens += _stretch;
        }

        for (var end = tokens; end > 0; end -= _stretch)
            Use(_known[KeyOf(end)]);
        return tokens;

        BlockKey KeyOf(int end) => match.Keys[(end / blockRows) - 1];
    }

    /// <summary>Keeps what a sequence's reader knows of its first rows.</summary>
    public void Keep(Sequence sequence, RowReader reader, int rows)
    {
        // The last ones first: without what lies before them they are of no use, so that they go first too.
        var keys = sequence.Keys ??= new KeyChain(sequence.Scope, blockRows);
        for (var end = rows / _stretch * _stretch; end > 0; end -= _stretch)
        {
            var key = keys.At(end / blockRows, sequence.Tokens);
            if (_known.TryGetValue(key, out var known))
            {
                Use(known);
                continue;
            }

            var notes = new float[_stretch / RowReader.BlockRows * reader.NoteSize];
            for (var block = 0; block < _stretch / RowReader.BlockRows; block++)
                reader.Note(((end - _stretch) / RowReader.BlockRows) + block, notes.AsSpan(block * reader.NoteSize, reader.NoteSize));
            _known.Add(key, _order.AddLast((key, notes)));
            _bytes += (long)notes.Length * sizeof(float);
        }

        while (_bytes > mostBytes)
        {
            var (key, notes) = _order.First!.Value;
            _order.RemoveFirst();
            _known.Remove(key);
            _bytes -= (long)notes.Length * sizeof(float);
        }
    }

    private void Use(LinkedListNode<(BlockKey Key, float[] Notes)> node)
    {
        _order.Remove(node);
        _order.AddLast(node);
    }

    /// <summary>The fewest rows that are whole blocks of the pool and of readers.</summary>
    private static int Stretch(int blockRows)
    {
        var rows = blockRows;
        while (rows % RowReader.BlockRows != 0)
            rows += blockRows;
        return rows;
    }
}

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
internal sealed class ReadingBooks(int blockRows)
{
    private const long MostBytes = 64L << 20;

    private readonly Dictionary<BlockKey, LinkedListNode<(BlockKey Key, float[] Notes)>> _known = [];
    private readonly LinkedList<(BlockKey Key, float[] Notes)> _order = [];
    private readonly int _stretch = Stretch(blockRows);
    private long _bytes;

    /// <summary>Lets a reader take over what is known of a match; returns the tokens up to which all is.</summary>
    public int Take(PrefixMatch match, RowReader reader)
    {
        var tokens = 0;
        while (tokens + _stretch <= match.TokenCount && Find(match.Keys[((tokens + _stretch) / blockRows) - 1]) is { } notes)
        {
            for (var block = 0; block < _stretch / RowReader.BlockRows; block++)
                reader.Take((tokens / RowReader.BlockRows) + block, notes.AsSpan(block * reader.NoteSize, reader.NoteSize));
            tokens += _stretch;
        }

        return tokens;
    }

    /// <summary>Keeps what a sequence's reader knows of its first rows.</summary>
    public void Keep(Sequence sequence, RowReader reader, int rows)
    {
        var keys = sequence.Keys ??= new KeyChain(sequence.Scope, blockRows);
        for (var tokens = _stretch; tokens <= rows; tokens += _stretch)
        {
            var key = keys.At(tokens / blockRows, sequence.Tokens);
            if (Find(key) is not null)
                continue;
            var notes = new float[_stretch / RowReader.BlockRows * reader.NoteSize];
            for (var block = 0; block < _stretch / RowReader.BlockRows; block++)
                reader.Note(((tokens - _stretch) / RowReader.BlockRows) + block, notes.AsSpan(block * reader.NoteSize, reader.NoteSize));
            _known.Add(key, _order.AddLast((key, notes)));
            _bytes += (long)notes.Length * sizeof(float);
        }

        while (_bytes > MostBytes)
        {
            var (key, notes) = _order.First!.Value;
            _order.RemoveFirst();
            _known.Remove(key);
            _bytes -= (long)notes.Length * sizeof(float);
        }
    }

    /// <summary>The notes of the last stretch of a prefix, or null; they count as used.</summary>
    private float[]? Find(BlockKey prefix)
    {
        if (!_known.TryGetValue(prefix, out var node))
            return null;
        _order.Remove(node);
        _order.AddLast(node);
        return node.Value.Notes;
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

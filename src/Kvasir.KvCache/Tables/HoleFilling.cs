namespace Kvasir.KvCache.Tables;

/// <summary>
/// How rows move when some are removed and order does not matter: the last of the others fill the holes, in ascending order of both. Whoever
/// keeps books on rows makes the same moves.
/// </summary>
/// <param name="removed">Removed rows, ascending.</param>
/// <param name="count">Rows before.</param>
public ref struct HoleFilling(ReadOnlySpan<int> removed, int count)
{
    private readonly ReadOnlySpan<int> _removed = removed;
    private readonly int _left = count - removed.Length;
    private int _hole = -1;
    private int _from = count - removed.Length - 1;
    private int _skip = FirstAtLeast(removed, count - removed.Length);

    /// <summary>The row that moves.</summary>
    public int From { get; private set; }

    /// <summary>Where it moves to.</summary>
    public int To { get; private set; }

    /// <summary>Goes on to the next move; false when there is none.</summary>
    public bool MoveNext()
    {
        if (++_hole >= _removed.Length || _removed[_hole] >= _left)
            return false;
        To = _removed[_hole];
        _from++;
        while (_skip < _removed.Length && _removed[_skip] == _from)
        {
            _skip++;
            _from++;
        }

        From = _from;
        return true;
    }

    /// <summary>Makes the moves in an array that has an element for each row.</summary>
    public static void Apply<T>(Span<T> values, ReadOnlySpan<int> removed)
    {
        var moves = new HoleFilling(removed, values.Length);
        while (moves.MoveNext())
            values[moves.To] = values[moves.From];
    }

    private static int FirstAtLeast(ReadOnlySpan<int> removed, int row)
    {
        var index = removed.BinarySearch(row);
        return index < 0 ? ~index : index;
    }
}

using System.Runtime.InteropServices;
using Kvasir.KvCache.Tables;

namespace Kvasir.KvCache.Compression;

/// <summary>The rows of a lane from the oldest to the newest, whatever places they have moved to.</summary>
public sealed class LaneOrder
{
    private readonly List<int> _rows = [];

    /// <summary>Rows, oldest first.</summary>
    public ReadOnlySpan<int> Rows => CollectionsMarshal.AsSpan(_rows);

    /// <summary>The lane has so many rows: the new ones are the newest.</summary>
    public void Grow(int count)
    {
        while (_rows.Count < count)
            _rows.Add(_rows.Count);
    }

    /// <summary>Rows go (ascending), and the last of the others fill their places.</summary>
    public void Drop(ReadOnlySpan<int> dropped)
    {
        if (dropped.Length == 0)
            return;
        var moves = new HoleFilling(dropped, _rows.Count);
        var moved = new Dictionary<int, int>(dropped.Length);
        while (moves.MoveNext())
            moved.Add(moves.From, moves.To);
        var kept = 0;
        for (var i = 0; i < _rows.Count; i++)
        {
            var row = _rows[i];
            if (dropped.BinarySearch(row) < 0)
                _rows[kept++] = moved.GetValueOrDefault(row, row);
        }

        _rows.RemoveRange(kept, _rows.Count - kept);
    }
}

using Kvasir.KvCache.Tables;

namespace Kvasir.KvCache.Compression;

/// <summary>What a compressor knows of each row of a lane, moved as the rows are.</summary>
/// <typeparam name="T">An entry.</typeparam>
public sealed class RowBook<T>
    where T : struct
{
    private T[] _entries = [];

    /// <summary>Rows.</summary>
    public int Count { get; private set; }

    /// <summary>The entries, by row.</summary>
    public Span<T> Entries => _entries.AsSpan(0, Count);

    /// <summary>The same in whole vectors: up to a multiple of 64, behind the last row anything.</summary>
    public Span<T> Padded => _entries.AsSpan(0, (Count + 63) & ~63);

    /// <summary>Adds a row.</summary>
    public void Add(T entry)
    {
        if (Count == _entries.Length)
            Array.Resize(ref _entries, Math.Max(64, 2 * Count));
        _entries[Count++] = entry;
    }

    /// <summary>Only these rows stay, ascending, and move together; null for all.</summary>
    public void Keep(List<int>? rows)
    {
        if (rows is null)
            return;
        for (var i = 0; i < rows.Count; i++)
            _entries[i] = _entries[rows[i]];
        Count = rows.Count;
    }

    /// <summary>These rows go, ascending; the last of the others fill their places.</summary>
    public void Drop(ReadOnlySpan<int> rows)
    {
        HoleFilling.Apply(Entries, rows);
        Count -= rows.Length;
    }
}

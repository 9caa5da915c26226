namespace Kvasir.KvCache.Reading;

/// <summary>Ranges of rows, collected in any order; after <see cref="Settle"/> they ascend and do not touch one another. Reused from call to call.</summary>
public sealed class RowRanges
{
    // The start in the upper half, the end in the lower: numbers sort several times sooner than pairs do.
    private readonly List<long> _ranges = [];

    /// <summary>Number of ranges.</summary>
    public int Count => _ranges.Count;

    /// <summary>Rows in all ranges, when settled.</summary>
    public int Rows { get; private set; }

    /// <summary>A range as [Start, End).</summary>
    public (int Start, int End) this[int index] => ((int)(_ranges[index] >> 32), (int)_ranges[index]);

    /// <summary>Forgets all ranges.</summary>
    public void Clear()
    {
        _ranges.Clear();
        Rows = 0;
    }

    /// <summary>Adds rows <c>[start, end)</c>; rows below 0 are left out.</summary>
    public void Add(int start, int end)
    {
        if (end > start && end > 0)
            _ranges.Add(Pack(Math.Max(0, start), end));
    }

    /// <summary>Sorts and joins what was added and cuts it at <paramref name="end"/>.</summary>
    public void Settle(int end)
    {
        _ranges.Sort();
        var kept = 0;
        Rows = 0;
        for (var i = 0; i < _ranges.Count; i++)
        {
            var (start, last) = this[i];
            if (start >= end)
                break;
            var cut = Math.Min(last, end);
            if (kept > 0 && this[kept - 1] is var before && start <= before.End)
            {
                var joined = Math.Max(cut, before.End);
                Rows += joined - before.End;
                _ranges[kept - 1] = Pack(before.Start, joined);
                continue;
            }

            Rows += cut - start;
            _ranges[kept++] = Pack(start, cut);
        }

        _ranges.RemoveRange(kept, _ranges.Count - kept);
    }

    private static long Pack(int start, int end) => ((long)start << 32) | (uint)end;
}

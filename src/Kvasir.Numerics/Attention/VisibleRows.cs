namespace Kvasir.Numerics.Attention;

/// <summary>Which rows of a tile a query sees, as bits.</summary>
internal static unsafe class VisibleRows
{
    /// <summary>
    /// Visible rows among <paramref name="count"/> rows of a segment from row <paramref name="first"/> on; bit i is row
    /// <c>first + i</c>. At most 64 rows.
    /// </summary>
    public static ulong Bits(in KvSegment segment, int first, int count, in QueryRow query)
    {
        var bits = segment.Positions == null && query.Visibility != VisibilityKind.Ancestors
            ? ByInterval(segment.BasePosition + segment.PositionOffset + first, count, query)
            : ByRow(segment, first, count, query);
        if (segment.RowMask == null)
            return bits;
        for (var i = 0; i < count; i++)
        {
            var row = first + i;
            if ((segment.RowMask[row >> 6] >> (row & 63) & 1) == 0)
                bits &= ~(1UL << i);
        }

        return bits;
    }

    private static ulong ByInterval(int position, int count, in QueryRow query)
    {
        var (low, high) = Interval(query);
        return Low(Clamp(high - position, count)) & ~Low(Clamp(low - position, count));
    }

    private static ulong ByRow(in KvSegment segment, int first, int count, in QueryRow query)
    {
        var (low, high) = Interval(query);
        var bits = 0UL;
        for (var i = 0; i < count; i++)
        {
            var row = segment.FirstRow + first + i;
            long position = (segment.Positions == null ? segment.BasePosition + first + i : segment.Positions[first + i]) + segment.PositionOffset;
            var visible = query.Visibility == VisibilityKind.Ancestors && row >= query.TreeFirstRow
                ? IsAncestor(query, row - query.TreeFirstRow)
                : position >= low && position < high;
            if (visible)
                bits |= 1UL << i;
        }

        return bits;
    }

    private static bool IsAncestor(in QueryRow query, long index) =>
        index >> 6 < query.AncestorWords && (query.Ancestors[index >> 6] >> (int)(index & 63) & 1) != 0;

    /// <summary>Positions seen, as [low, high).</summary>
    private static (long Low, long High) Interval(in QueryRow query) => query.Visibility switch
    {
        VisibilityKind.Window => (query.Position - (long)query.Window + 1, query.Position + 1L),
        VisibilityKind.Range => (query.RangeStart, query.RangeEnd),
        _ => (long.MinValue / 2, query.Position + 1L),
    };

    private static int Clamp(long value, int count) => value <= 0 ? 0 : value >= count ? count : (int)value;

    private static ulong Low(int count) => count >= 64 ? ulong.MaxValue : (1UL << count) - 1;
}

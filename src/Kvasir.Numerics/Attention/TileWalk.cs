namespace Kvasir.Numerics.Attention;

/// <summary>Goes through the tiles of a range that a view has rows in, ascending, and names the segments of each.</summary>
/// <param name="view">The rows.</param>
/// <param name="tileShift">0; anything else moves the tile borders (a planted fault).</param>
/// <param name="firstTile">First tile.</param>
/// <param name="endTile">End (exclusive) of the tiles.</param>
internal unsafe ref struct TileWalk(ref readonly KvView view, int tileShift, long firstTile, long endTile)
{
    private const int TileRows = AttentionScratch.TileRows;

    public readonly ref readonly KvView View = ref view;
    private long _next = firstTile;
    private int _segment;

    /// <summary>Number of the tile.</summary>
    public long Tile { get; private set; }

    /// <summary>Absolute row index of the tile's first row.</summary>
    public readonly long Start => (Tile * TileRows) - tileShift;

    /// <summary>First segment that may have rows in the tile.</summary>
    public int FirstSegment { get; private set; }

    /// <summary>End (exclusive) of those segments.</summary>
    public int EndSegment { get; private set; }

    /// <summary>Whether the range goes on behind the tile.</summary>
    public readonly bool GoesOn => Tile + 1 < endTile;

    /// <summary>Goes on to the next tile; false when there is none.</summary>
    public bool MoveNext()
    {
        for (; _segment < View.SegmentCount; _segment++)
        {
            ref readonly var segment = ref View.Segments[_segment];
            var tile = Math.Max(_next, (segment.FirstRow + tileShift) / TileRows);
            if (tile > (segment.FirstRow + segment.Count - 1 + tileShift) / TileRows)
                continue;
            if (tile >= endTile)
                return false;
            Tile = tile;
            FirstSegment = _segment;
            EndSegment = _segment + 1;
            while (EndSegment < View.SegmentCount && (View.Segments[EndSegment].FirstRow + tileShift) / TileRows <= tile)
                EndSegment++;

            // Segments that end in this tile are done; the last one may reach into the next.
            _segment = EndSegment - 1;
            _next = tile + 1;
            return true;
        }

        return false;
    }

    /// <summary>The part of a segment that lies in the tile.</summary>
    public readonly TilePiece Piece(int segment)
    {
        ref readonly var rows = ref View.Segments[segment];
        var first = Math.Max(0, Start - rows.FirstRow);
        var end = Math.Min(rows.Count, Start + TileRows - rows.FirstRow);
        return new TilePiece(in rows, (int)first, (int)Math.Max(0, end - first), (int)(rows.FirstRow + first - Start));
    }
}

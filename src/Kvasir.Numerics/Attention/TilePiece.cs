namespace Kvasir.Numerics.Attention;

/// <summary>Part of a segment inside a tile.</summary>
/// <param name="segment">The segment.</param>
/// <param name="first">First row, counted from the segment's.</param>
/// <param name="count">Rows; 0 when the segment has none in the tile.</param>
/// <param name="tileRow">First row, counted from the tile's.</param>
internal readonly ref struct TilePiece(ref readonly KvSegment segment, int first, int count, int tileRow)
{
    public readonly ref readonly KvSegment Segment = ref segment;
    public readonly int First = first;
    public readonly int Count = count;
    public readonly int TileRow = tileRow;
}

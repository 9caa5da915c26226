namespace Kvasir.Numerics.Attention;

/// <summary>A smaller form that old rows of a sequence take, 32 at a time, in pieces of the pool that held them.</summary>
public unsafe interface IPackedForm
{
    /// <summary>Rows that are packed together.</summary>
    const int GroupRows = 32;

    /// <summary>Packed rows that fit where a block's rows of a layer lie (of one head, where heads lie alone in a piece); 0 when a group has no room.</summary>
    int RowsPerPiece(KvLayout layout, int layer);

    /// <summary>Bytes of a packed row of a layer in all heads, scales included.</summary>
    double RowBytes(KvLayout layout, int layer);

    /// <summary>Packs rows that follow one another. The bytes depend on these rows, their positions and the form only.</summary>
    /// <param name="layout">Layout that the piece had.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="heads">Its heads that lie in the piece.</param>
    /// <param name="rows">The group: keys as they lie, rotated, and values, <c>[heads, 32, headDim]</c> each, and the position of the first row.</param>
    /// <param name="range">Rows of the group that go to the piece.</param>
    /// <param name="piece">The piece as its heads see it.</param>
    /// <param name="place">Place of the first of them among the rows of the piece.</param>
    void Encode(KvLayout layout, int layer, Range heads, in PackedGroup rows, Range range, byte* piece, int place);

    /// <summary>Decodes one row of a head: the reference of what attention sees, bit for bit.</summary>
    /// <param name="layout">Layout that the piece had.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="head">KV head.</param>
    /// <param name="piece">The piece as the head sees it.</param>
    /// <param name="place">Place among the rows of the piece.</param>
    /// <param name="position">The row's position.</param>
    /// <param name="key">Receives <c>[headDim]</c>.</param>
    /// <param name="value">Receives <c>[headDim]</c>.</param>
    void Read(KvLayout layout, int layer, int head, byte* piece, int place, int position, Span<float> key, Span<float> value);

    /// <summary>Says in a segment how its rows are packed.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="position">Position of the segment's first row; the others follow it.</param>
    void Describe(ref KvSegment segment, int layer, int position);
}

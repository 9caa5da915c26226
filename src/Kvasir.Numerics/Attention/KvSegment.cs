namespace Kvasir.Numerics.Attention;

/// <summary>
/// A run of KV rows as attention sees it. Paged, contiguous, compacted, merged, quantised, shared-with-holes, tree and
/// bidirectional attention are all lists of these.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>A slot is not a position: row <c>i</c> lies in slot <c>FirstSlot + i</c> of the slice and has position
/// <c>Positions[i]</c>, or <c>BasePosition + i</c> when <see cref="Positions"/> is null; <see cref="PositionOffset"/> is added to
/// either (a chunk read at another place than the one it was computed at).</item>
/// <item>With <see cref="BlockStride"/> 0 the rows lie in one block. Otherwise blocks follow one another at that distance (virtual
/// contiguous KV) and slots count on from block to block: one segment describes a whole sequence.</item>
/// <item>Keys lie rotated at their stored position (without the offset). The private copy that attention makes of a
/// tile is rotated on by the offset, which equals rotating the query back by it; nothing shared is ever rewritten. The cosines and
/// sines of the offset come from <see cref="Rotation"/>, or are computed when it is null. Slots, rows and offsets need no alignment:
/// neither where a row lies nor where it is read changes its bits.</item>
/// <item><see cref="FirstRow"/> is the absolute row index of row 0: tiles and splits of the softmax sit at absolute row indices
/// (numerics contract, rule 2), so the same rows give the same bits however they are cut into segments. Segments of a list are in
/// ascending, non-overlapping row order; gaps (a freed window, trimmed rows) are allowed.</item>
/// <item><see cref="RowMask"/> holds one bit a row (bit <c>i &amp; 63</c> of word <c>i &gt;&gt; 6</c>); a clear bit hides the row.
/// <see cref="LogitBias"/> is added to a row's score (ln n for n merged rows).</item>
/// <item>With <see cref="PackedBits"/> the rows lie in <see cref="PackedForm"/>, groups of 32 behind one another where the head's rows would lie;
/// slots count through the groups. Everything else is as for other rows.</item>
/// <item>With <see cref="Latent"/> the rows lie as latents, behind one another from the slice's begin, and slots count them. They are rotated when they are
/// widened, at positions from <see cref="LatentPosition"/> on, so that their keys are like others' then.</item>
/// </list>
/// All memory is the caller's and must stay valid for the call.
/// </remarks>
public unsafe struct KvSegment
{
    /// <summary>The slice of layer 0 of the block (uniform form), or the slice itself (ragged form).</summary>
    public byte* Slice;

    /// <summary>Slot of row 0, counted from the first block.</summary>
    public int FirstSlot;

    /// <summary>Number of rows.</summary>
    public int Count;

    /// <summary>Bytes from a block's slice to that of the next block; 0 when all rows lie in one block.</summary>
    public long BlockStride;

    /// <summary>0 for rows as the layout stores them; otherwise the bits of a number in <see cref="PackedForm"/>.</summary>
    public int PackedBits;

    /// <summary>How the rows lie as latents, or null.</summary>
    public LatentLayer* Latent;

    /// <summary>With <see cref="Latent"/>: the position that row 0 was computed at; the others follow it.</summary>
    public int LatentPosition;

    /// <summary>Absolute row index of row 0.</summary>
    public long FirstRow;

    /// <summary>Position of row 0 when <see cref="Positions"/> is null.</summary>
    public int BasePosition;

    /// <summary>Added to every position.</summary>
    public int PositionOffset;

    /// <summary>
    /// Rotation by <see cref="PositionOffset"/> as <see cref="RopeTable.Rotation"/> writes it, cosines <c>[half]</c> then sines
    /// <c>[half]</c>, for a caller that keeps it; or null. A function of the offset: two segments with the same offset are the same.
    /// </summary>
    public float* Rotation;

    /// <summary>Positions <c>[Count]</c>, or null.</summary>
    public int* Positions;

    /// <summary>Visibility bits <c>[(Count + 63) / 64]</c>, or null when all rows may be seen.</summary>
    public ulong* RowMask;

    /// <summary>Added to scores <c>[Count]</c>, or null.</summary>
    public float* LogitBias;

    /// <summary>Whether the rows lie in another form than the layout's.</summary>
    public readonly bool IsPacked => PackedBits != 0 || Latent != null;
}

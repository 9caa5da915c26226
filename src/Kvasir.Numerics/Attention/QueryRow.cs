namespace Kvasir.Numerics.Attention;

/// <summary>Which rows a query may see.</summary>
public enum VisibilityKind : byte
{
    /// <summary>Rows at positions up to the query's.</summary>
    Causal,

    /// <summary>Rows at positions in <c>(position - Window, position]</c>.</summary>
    Window,

    /// <summary>
    /// Rows before <see cref="QueryRow.TreeFirstRow"/> causally; from there on only rows whose bit in
    /// <see cref="QueryRow.Ancestors"/> is set (a token tree: the query's ancestors and itself).
    /// </summary>
    Ancestors,

    /// <summary>Rows at positions in <c>[RangeStart, RangeEnd)</c>, before or after the query (bidirectional).</summary>
    Range,
}

/// <summary>One query row of an attention call.</summary>
public unsafe struct QueryRow
{
    /// <summary>Index of the <see cref="KvView"/> that the row reads.</summary>
    public int View;

    /// <summary>Position of the query (it is already rotated there).</summary>
    public int Position;

    /// <summary>Which rows it sees.</summary>
    public VisibilityKind Visibility;

    /// <summary>Window in tokens, for <see cref="VisibilityKind.Window"/>.</summary>
    public int Window;

    /// <summary>First position seen, for <see cref="VisibilityKind.Range"/>.</summary>
    public int RangeStart;

    /// <summary>End (exclusive) of the positions seen, for <see cref="VisibilityKind.Range"/>.</summary>
    public int RangeEnd;

    /// <summary>Absolute row index where the tree starts, for <see cref="VisibilityKind.Ancestors"/>.</summary>
    public long TreeFirstRow;

    /// <summary>Ancestor bits by <c>row - TreeFirstRow</c>, <see cref="AncestorWords"/> words; rows beyond them are hidden.</summary>
    public ulong* Ancestors;

    /// <summary>Number of words in <see cref="Ancestors"/>.</summary>
    public int AncestorWords;
}

/// <summary>The rows that the queries of one sequence read in one layer: a list of segments.</summary>
public unsafe struct KvView
{
    /// <summary>Segments in ascending row order.</summary>
    public KvSegment* Segments;

    /// <summary>Number of segments.</summary>
    public int SegmentCount;

    /// <summary>Added to every <see cref="KvSegment.Slice"/>: the layer's offset in the uniform form, 0 in the ragged form.</summary>
    public long SliceOffset;

    /// <summary>Bytes from a layer's slices to those of the next layer, in the uniform form; <see cref="SliceOffset"/> is a multiple.</summary>
    public long LayerStride;

    /// <summary>Rows that stand in for rows of the segments, or null.</summary>
    public KvOverlay* Overlay;

    /// <summary>
    /// When not null, a view for each KV head <c>[kvHeads]</c> that stands for this one: heads whose rows differ in number or content. This
    /// view's own segments are then not looked at. A head that lies alone in its memory has minus its key offset as <see cref="SliceOffset"/>.
    /// </summary>
    public KvView* Heads;

    /// <summary>What a KV head sees.</summary>
    internal static ref readonly KvView OfHead(in KvView view, int head)
    {
        if (view.Heads != null)
            return ref view.Heads[head];
        return ref view;
    }
}

/// <summary>One attention call: all query rows of a step in one layer.</summary>
public unsafe struct AttentionBatch
{
    /// <summary>Rotated queries <c>[rows, queryHeads, headDim]</c>; row r starts at <c>Queries + r * QueryStride</c>.</summary>
    public float* Queries;

    /// <summary>Elements between query rows.</summary>
    public int QueryStride;

    /// <summary>Result <c>[rows, queryHeads, headDim]</c>, contiguous.</summary>
    public float* Output;

    /// <summary>The rows; rows of one view are adjacent and in ascending position.</summary>
    public QueryRow* Rows;

    /// <summary>Number of rows.</summary>
    public int RowCount;

    /// <summary>Views that the rows name.</summary>
    public KvView* Views;

    /// <summary>Number of views.</summary>
    public int ViewCount;

    /// <summary>Query heads; a multiple of the layout's KV heads.</summary>
    public int QueryHeads;

    /// <summary>Factor on the scores, usually <c>1/sqrt(headDim)</c>.</summary>
    public float Scale;

    /// <summary>When above 0, a scaled score s becomes <c>SoftCap * tanh(s / SoftCap)</c>.</summary>
    public float SoftCap;

    /// <summary>
    /// When not null, <c>slope * (key position - query position)</c> is added to the scaled scores of each query head, <c>[queryHeads]</c>.
    /// </summary>
    public float* Slopes;

    /// <summary>When not null, the score of one more row for each query head that takes weight and gives nothing, <c>[queryHeads]</c>.</summary>
    public float* Sinks;

    /// <summary>Layout of the pool that the segments lie in.</summary>
    public KvLayout Layout;

    /// <summary>Rotation that the keys were stored with; needed when a segment has a position offset, otherwise null.</summary>
    public RopeTable? Rope;

    /// <summary>
    /// When not null, receives the log-sum-exp of every row and head, <c>[rows, queryHeads]</c>; minus infinity for a row that sees nothing.
    /// It is an input of the second pass that an <see cref="AttentionProbe"/> makes.
    /// </summary>
    public float* LogSumExp;

    /// <summary>Mass that is added up on the way; ranges of rows that do not overlap.</summary>
    public AttentionMass* Masses;

    /// <summary>Number of <see cref="Masses"/>.</summary>
    public int MassCount;
}

/// <summary>Destination of one row's keys and values.</summary>
public unsafe struct KvWriteRow
{
    /// <summary>The slice that receives the row, or null when the row is not to be stored (it lies in a chunk that others share).</summary>
    public byte* Slice;

    /// <summary>Slot inside the block.</summary>
    public int Slot;

    /// <summary>When not null, a destination for each KV head <c>[kvHeads]</c>, instead of this one.</summary>
    public KvWriteRow* Heads;
}

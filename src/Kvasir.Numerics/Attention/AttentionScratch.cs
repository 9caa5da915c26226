namespace Kvasir.Numerics.Attention;

/// <summary>One worker's memory for attention.</summary>
internal sealed unsafe class AttentionScratch : IDisposable
{
    public const int TileRows = 64;

    /// <summary>Places after the last query for kernels that work on eight at a time; nobody reads what comes there.</summary>
    public const int Padding = 7;

    private readonly NativeBuffer _memory;
    private readonly float* _hidden;
    private readonly float* _rotation;
    private RopeTable? _rope;
    private int _offset;

    /// <param name="headDim">Dimensions of a head.</param>
    /// <param name="queries">Query rows times heads of a group that are worked on together.</param>
    /// <param name="rows">Query rows among them.</param>
    /// <param name="hasOwn">Whether to have a second one, for the rows of one view among several.</param>
    public AttentionScratch(int headDim, int queries, int rows, bool hasOwn = true)
    {
        Own = hasOwn ? new AttentionScratch(headDim, queries, rows, hasOwn: false) : null;
        HeadDim = headDim;
        Queries = queries;
        Stride = (headDim + 15) & ~15;
        queries += Padding;
        QueryStride = (queries + 15) & ~15;
        var floats = (TileRows * Stride * 2) + (headDim * QueryStride) + (queries * (TileRows + (2 * Stride) + 4)) + (2 * TileRows) + (2 * headDim) + (2 * KvLayout.RowGroup * headDim) + TileRows + (15 * 16);
        _memory = new NativeBuffer((nuint)((floats * sizeof(float)) + (rows * sizeof(ulong)) + (KvLayout.RowGroup * sizeof(KeyFragment)) + 256));
        var at = (float*)_memory.Pointer;
        Keys = Take(TileRows * Stride);
        Values = Take(TileRows * Stride);
        QueryColumns = Take(headDim * QueryStride);
        Scores = Take(queries * TileRows);
        Split = Take(queries * Stride);
        Total = Take(queries * Stride);
        _hidden = Take(TileRows);
        SplitMaximum = Take(queries);
        SplitSum = Take(queries);
        TotalMaximum = Take(queries);
        TotalSum = Take(queries);
        _rotation = Take(2 * headDim);
        Visible = (ulong*)Take(2 * rows);
        Biases = Take(TileRows);
        Gathered = (byte*)Take(KvLayout.RowGroup * headDim);
        Overlaid = Take(KvLayout.RowGroup * headDim);
        Positions = (int*)Take(TileRows);
        Fragments = (KeyFragment*)Take(KvLayout.RowGroup * sizeof(KeyFragment) / sizeof(float));

        float* Take(int count)
        {
            var taken = at;
            at += (count + 15) & ~15;
            return taken;
        }
    }

    /// <summary>Where rows of one view go on after tiles that they shared with others.</summary>
    public AttentionScratch? Own { get; }

    public int HeadDim { get; }

    public int Queries { get; }

    /// <summary>Elements between value rows and accumulators: the head dimension rounded up to 16.</summary>
    public int Stride { get; }

    public float* Keys { get; }

    public float* Values { get; }

    /// <summary>Queries <c>[headDim][QueryStride]</c>.</summary>
    public float* QueryColumns { get; }

    public int QueryStride { get; }

    /// <summary>Scores, then weights <c>[queries + padding, 64]</c> of the tile; may lie elsewhere for a while (<see cref="KeptTiles"/>).</summary>
    public float* Scores { get; set; }

    public float* Split { get; }

    public float* Total { get; }

    public float* SplitMaximum { get; }

    public float* SplitSum { get; }

    public float* TotalMaximum { get; }

    public float* TotalSum { get; }

    public ulong* Visible { get; }

    public float* Biases { get; }

    /// <summary>Positions of the tile's keys <c>[64]</c>; filled when scores have slopes.</summary>
    public int* Positions { get; }

    /// <summary>A group of stored keys, put together from fragments.</summary>
    public byte* Gathered { get; }

    /// <summary>A group of keys, some of which go to the tile.</summary>
    public float* Overlaid { get; }

    /// <summary>Fragments of one group, at most 16.</summary>
    public KeyFragment* Fragments { get; }

    /// <summary>Rotation by an offset, kept until another is asked for: a chunk's tiles and heads follow one another.</summary>
    public float* RotationBy(int offset, RopeTable rope)
    {
        if (_rope != rope || _offset != offset)
        {
            rope.Rotation(offset, _rotation);
            _rope = rope;
            _offset = offset;
        }

        return _rotation;
    }

    /// <summary>A tile's rows as -1 where a bit is clear and 0 where it is set; null when all are set. Valid until the next call.</summary>
    public float* MarkHidden(ulong visible)
    {
        if (visible == ulong.MaxValue)
            return null;
        for (var i = 0; i < TileRows; i++)
            _hidden[i] = (visible >> i & 1) != 0 ? 0 : -1;
        return _hidden;
    }

    /// <summary>Takes over the state of some queries.</summary>
    public void Adopt(AttentionScratch from, int firstQuery, int queries)
    {
        for (var d = 0; d < HeadDim; d++)
            Copy(from.QueryColumns + (d * QueryStride) + firstQuery, queries, QueryColumns + (d * QueryStride));
        Copy(from.Split + (firstQuery * Stride), queries * Stride, Split);
        Copy(from.Total + (firstQuery * Stride), queries * Stride, Total);
        Copy(from.SplitMaximum + firstQuery, queries, SplitMaximum);
        Copy(from.SplitSum + firstQuery, queries, SplitSum);
        Copy(from.TotalMaximum + firstQuery, queries, TotalMaximum);
        Copy(from.TotalSum + firstQuery, queries, TotalSum);

        static void Copy(float* from, int count, float* to) => new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>(to, count));
    }

    public void Dispose()
    {
        Own?.Dispose();
        _memory.Dispose();
    }
}

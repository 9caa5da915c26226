namespace Kvasir.KvCache.Reading;

/// <summary>
/// Chooses what the queries of one sequence read. A choice depends on absolute positions, stored rows and queries only, never on how a prompt
/// was cut into steps (numerics contract, rule 4).
/// </summary>
public abstract class RowReader
{
    /// <summary>Rows of one block of a sparse prompt; blocks begin at multiples of it, and their queries read the same rows.</summary>
    public const int BlockRows = 64;

    /// <summary>Position from which the rows of the prompt are read densely; 0 when all are.</summary>
    public virtual int SparseEnd => 0;

    /// <summary>
    /// Rows of the prompt that are the same for any other prompt that begins with them and is read by the same policy and budget.
    /// </summary>
    public virtual int SharedLength => SparseEnd;

    /// <summary>Bytes that are kept beside the rows to choose among them.</summary>
    public virtual long BookBytes => 0;

    /// <summary>
    /// Numbers that the reader must know of every 64 rows beside the rows themselves, to go on behind them; 0 for none. They are a function of the tokens up
    /// to the end of the 64 rows.
    /// </summary>
    public virtual int NoteSize => 0;

    /// <summary>Writes down what it knows of 64 rows.</summary>
    /// <param name="block">Which.</param>
    /// <param name="notes">Receives <c>[NoteSize]</c>.</param>
    public virtual void Note(int block, Span<float> notes)
    {
    }

    /// <summary>Takes over what another reader of the same policy and budget has written down; blocks come in order, from the first.</summary>
    public virtual void Take(int block, ReadOnlySpan<float> notes)
    {
    }

    /// <summary>Takes over what another reader of the same policy and shape knows, whose rows are this sequence's too.</summary>
    public virtual void GoOnFrom(RowReader parent)
    {
    }

    /// <summary>Sees the queries of a step's rows in a layer, every row once and in order; called before the step's blocks are asked for.</summary>
    public virtual void See(in ReadingQueries queries)
    {
    }

    /// <summary>Sees the weights of the last rows of a chunk in a layer; called before the chunk's blocks are asked for.</summary>
    public virtual void Look(in ReadingLook look)
    {
    }

    /// <summary>
    /// Adds the rows that a block of queries reads in a KV head. Its own rows are read anyway; rows behind a query are never seen. Threads may ask for
    /// different heads at once; a head's blocks come in order.
    /// </summary>
    /// <param name="block">The queries.</param>
    /// <param name="ranges">Receives the rows; empty.</param>
    /// <returns>False to read all rows.</returns>
    public abstract bool Select(in ReadingBlock block, RowRanges ranges);
}

namespace Kvasir.KvCache.Compression;

/// <summary>
/// What a compression policy remembers of one sequence. The compress point is a position of the prompt, usually its end: every layer is
/// observed when its attention is known, then rows are selected. Afterwards every step may drop more.
/// </summary>
/// <remarks>
/// Decisions depend on positions and values only, never on how the prompt was cut into steps; ties go to the lower row. Rows are named by
/// their index in the lane: before the compress point that is the position.
/// </remarks>
public abstract class Compressor
{
    /// <summary>Last rows before the compress point whose weights it wants; 0 for none. They are computed together.</summary>
    public virtual int WindowRows => 0;

    /// <summary>Query heads of a layer whose window weights it wants, each once; empty for all. What others look at is not computed.</summary>
    public virtual int[] WindowHeads(int layer) => [];

    /// <summary>True when it wants the attention mass that all rows before the compress point put on every row: some percent more work, and a prefix hit would falsify it.</summary>
    public virtual bool NeedsColumnMass => false;

    /// <summary>True when it wants the weights of every row of the answer.</summary>
    public virtual bool NeedsAnswerWeights => false;

    /// <summary>A weight, when all that it wants of a row of the answer is which rows got so much; 0 otherwise. Cheaper than weights.</summary>
    public virtual float LookThreshold => 0;

    /// <summary>True when rows may go with every token of an answer: tokens then pass one at a time, also when they are computed again.</summary>
    public virtual bool DropsInAnswer => false;

    /// <summary>Rows of a lane beyond the budget that there may be for a while: lag of an eviction that works in bursts.</summary>
    public virtual int LagRows => 0;

    /// <summary>
    /// True when what a layer keeps depends on later layers too: a cascade then asks for the layers before again, and their sets only shrink.
    /// </summary>
    public virtual bool SharesOverLayers => false;

    /// <summary>True when the rows of a KV head fill whole pieces of <see cref="CompressionShape.PieceRows"/>, over all no more than the budget has.</summary>
    public virtual bool FillsPieces => false;

    /// <summary>First rows of every lane that are read as if they stood right before the others (StreamingLLM); 0 for true positions.</summary>
    public virtual int ShiftedRows => 0;

    /// <summary>Looks at a layer at the compress point. Layers come in order.</summary>
    public virtual void Observe(in LayerSignals signals)
    {
    }

    /// <summary>Says which rows of a layer stay.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="observed">Layers observed so far; all of them, except in a cascade.</param>
    /// <param name="selection">Receives the rows; untouched, all stay.</param>
    public virtual void Select(int layer, int observed, RowSelection selection)
    {
    }

    /// <summary>Looks at a layer after the attention of a row of the answer, and says which rows go. Rows of a prompt that goes on behind the compress point come without a call: lanes have then grown by several rows.</summary>
    /// <param name="signals">What is known.</param>
    /// <param name="drops">Receives rows to be dropped; untouched, none are.</param>
    public virtual void Answer(in AnswerSignals signals, RowDrops drops)
    {
    }
}

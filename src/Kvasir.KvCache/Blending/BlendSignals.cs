namespace Kvasir.KvCache.Blending;

/// <summary>What a blend policy wants to know; the engine measures nothing else.</summary>
[Flags]
public enum BlendSignals
{
    /// <summary>Nothing that is measured.</summary>
    None = 0,

    /// <summary>
    /// How far the reused rows are from what they would be here, at the check layer: all rows of the prompt up to the last reused one pass
    /// the layers before it first.
    /// </summary>
    Deviation = 1,

    /// <summary>Attention mass that each reused row gets at the check layer from all queries behind it.</summary>
    ColumnMass = 2,

    /// <summary>Attention mass of a computed chunk on what stood before it, kept with its rows (<see cref="Chunks.ChunkContext"/>).</summary>
    Context = 4,

    /// <summary>Attention mass of the question on every reused chunk, layer by layer, while the repair runs.</summary>
    QuestionMass = 8,

    /// <summary>Attention mass of each new token of the answer on the reused rows.</summary>
    AnswerMass = 16,

    /// <summary>
    /// Attention mass that each reused row gets from the question, summed over the deeper half of the layers: the rows that are not reused pass
    /// all layers over the reused ones as they are, first. Given in <see cref="BlendSnapshot.ColumnMass"/>; not together with the signals of
    /// the check layer.
    /// </summary>
    QuestionColumns = 32,
}

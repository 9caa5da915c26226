namespace Kvasir.KvCache.Reading;

/// <summary>
/// A published way to read fewer of the rows that are kept: no row is dropped, and another query may read others. It decides over snapshots;
/// views and kernels are the engine's business. An instance serves many requests; what belongs to one sequence is its <see cref="RowReader"/>.
/// </summary>
public interface IReadingPolicy
{
    /// <summary>The published name, for messages, metrics and reports.</summary>
    string Name { get; }

    /// <summary>
    /// True when rows of the prompt are computed from fewer rows, so that they differ from exact ones (sparse prefill); false when only rows of
    /// the answer are (retrieval).
    /// </summary>
    bool ShapesPrompt { get; }

    /// <summary>True when rows of the answer are computed from fewer rows.</summary>
    bool ShapesAnswer => !ShapesPrompt;

    /// <summary>When above 0, a sparse prompt is computed in chunks that end at multiples of this many rows, each in one step.</summary>
    int ChunkRows => 0;

    /// <summary>Last rows of a chunk whose weights on all rows before them are looked at before the chunk is read.</summary>
    int LookRows => 0;

    /// <summary>Begins a sequence.</summary>
    RowReader Start(ReadingShape shape);
}

namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>What an answer must be taken from.</summary>
public enum RagKind
{
    /// <summary>One sentence of one chunk, which names what it is about (control).</summary>
    OneHop,

    /// <summary>A sentence such as "It was founded in 1828." whose subject is named at the end of the chunk before.</summary>
    CrossChunk,

    /// <summary>Two passages in different chunks: the first names the subject of the second.</summary>
    TwoHop,

    /// <summary>
    /// As <see cref="CrossChunk"/>, in the middle of a chunk: the chunk goes on with several sentences about the subject that the chunk before
    /// names, and the last of them is asked for, so that it does not stand among a chunk's first tokens.
    /// </summary>
    CrossChunkInside,
}

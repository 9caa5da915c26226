namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>A reusable part of a prompt.</summary>
/// <param name="Start">Its first token in the prompt.</param>
/// <param name="Length">Tokens.</param>
/// <param name="Chunk">Which chunk of the workload it is; equal numbers are equal tokens.</param>
public readonly record struct RagPart(int Start, int Length, int Chunk)
{
    /// <summary>The first token behind it.</summary>
    public int End => Start + Length;
}

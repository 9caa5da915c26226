namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>A text that prompts are made of.</summary>
/// <param name="Id">Its number in the workload.</param>
/// <param name="Text">The text.</param>
/// <param name="Tokens">Its tokens, as they are in every prompt.</param>
public sealed record RagChunk(int Id, string Text, int[] Tokens);

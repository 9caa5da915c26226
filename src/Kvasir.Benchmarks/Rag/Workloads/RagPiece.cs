namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>A piece of a prompt.</summary>
/// <param name="Chunk">Which chunk it is; null for text that no other prompt has.</param>
/// <param name="Tokens">Its tokens.</param>
internal readonly record struct RagPiece(int? Chunk, int[] Tokens);

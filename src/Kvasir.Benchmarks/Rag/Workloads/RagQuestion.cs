namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>A question about chunks.</summary>
/// <param name="Text">The question.</param>
/// <param name="Accepted">What is accepted as an answer.</param>
/// <param name="Kind">What the answer must be taken from.</param>
internal sealed record RagQuestion(string Text, IReadOnlyList<string> Accepted, RagKind Kind);

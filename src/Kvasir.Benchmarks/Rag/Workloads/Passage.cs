namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>Sentences about one entity.</summary>
/// <param name="Form">What kind of entity it is; null for one that only its first sentence names.</param>
/// <param name="Name">Its name.</param>
/// <param name="Naming">The sentence that names it, where the others do not; empty otherwise.</param>
/// <param name="Told">The sentences; without <see cref="Naming"/>.</param>
/// <param name="Values">The value of every relation that is told.</param>
/// <param name="Questions">Questions that one of the sentences answers.</param>
internal sealed record Passage(
    EntityForm? Form, string Name, string Naming, string Told, IReadOnlyDictionary<string, string> Values, IReadOnlyList<RagQuestion> Questions);

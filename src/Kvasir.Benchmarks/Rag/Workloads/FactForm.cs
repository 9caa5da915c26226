namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>How a fact is written and asked for; the wording is that of the bundled model's training.</summary>
/// <param name="Relation">Name of the relation.</param>
/// <param name="Sentences">Wordings; {n} is the entity, {v} the value.</param>
/// <param name="Questions">Questions; {d} is the entity or what describes it.</param>
/// <param name="Draw">A value.</param>
internal sealed record FactForm(string Relation, string[] Sentences, string[] Questions, Func<TextDraws, string> Draw);

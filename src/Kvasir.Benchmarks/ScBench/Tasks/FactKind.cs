using Kvasir.Benchmarks.ScBench.Workloads;

namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>A relation of an entity: how it is told, how it is asked, and what its values are.</summary>
/// <param name="Told">The sentence, with {0} for the entity and {1} for the value.</param>
/// <param name="Asked">The question, with {0} for the entity.</param>
/// <param name="Draw">Draws a value.</param>
internal sealed record FactKind(string Told, string Asked, Func<ScDraws, string> Draw);

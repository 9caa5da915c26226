namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>A kind of invented entity.</summary>
/// <param name="Kind">Its name.</param>
/// <param name="Draw">A name of such an entity.</param>
/// <param name="Described">How questions name it; {n} is the name.</param>
/// <param name="Facts">What is told about it.</param>
internal sealed record EntityForm(string Kind, Func<TextDraws, string> Draw, string Described, FactForm[] Facts);

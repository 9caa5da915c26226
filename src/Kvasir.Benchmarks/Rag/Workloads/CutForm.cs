namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>A kind of entity that only its first sentence names.</summary>
/// <param name="Draw">A name.</param>
/// <param name="First">Wordings of the sentence that names it.</param>
/// <param name="Facts">The sentences that follow; they do not name it.</param>
internal sealed record CutForm(Func<TextDraws, string> Draw, string[] First, FactForm[] Facts);

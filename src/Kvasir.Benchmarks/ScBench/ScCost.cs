namespace Kvasir.Benchmarks.ScBench;

/// <summary>Mean cost of a session's stages.</summary>
/// <param name="Mode">How the context was reused.</param>
/// <param name="Policy">How keys and values were kept.</param>
/// <param name="Budget">Bytes that were allowed, as a share of the whole cache in 16 bits.</param>
/// <param name="PrefillFlops">Generation: floating point operations of prompt rows.</param>
/// <param name="WrittenBytes">Compression: keys and values written.</param>
/// <param name="FoundBytes">Retrieval: keys and values found instead of computed.</param>
/// <param name="ReadBytesPerStep">Loading: keys and values read by a decode step.</param>
public sealed record ScCost(string Mode, string Policy, double Budget, double PrefillFlops, double WrittenBytes, double FoundBytes, double ReadBytesPerStep);

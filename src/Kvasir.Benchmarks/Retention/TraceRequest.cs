using Kvasir.KvCache.Identity;

namespace Kvasir.Benchmarks.Retention;

/// <summary>A prompt as a tier sees it.</summary>
/// <param name="Seconds">When it comes.</param>
/// <param name="PromptTokens">Its length.</param>
/// <param name="Chunks">Keys of its whole chunks from the beginning; each names all tokens up to its end.</param>
public sealed record TraceRequest(double Seconds, int PromptTokens, IReadOnlyList<BlockKey> Chunks);

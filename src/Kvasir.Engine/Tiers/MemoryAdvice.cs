namespace Kvasir.Engine.Tiers;

/// <summary>What some more memory for keys and values would have given for the requests so far.</summary>
/// <param name="Bytes">Memory in all, the pool and the host tier.</param>
/// <param name="MoreBytes">How much more that is than there is.</param>
/// <param name="HitRate">Share of the prompts' tokens that would have been found, with the least recently used going first.</param>
public sealed record MemoryAdvice(long Bytes, long MoreBytes, double HitRate);

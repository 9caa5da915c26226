namespace Kvasir.Engine.Blending;

/// <summary>How the chunks stand that are kept for reuse behind other prefixes, and what they did so far.</summary>
/// <param name="Chunks">Chunks kept, every variant counted.</param>
/// <param name="Blocks">Blocks that they hold.</param>
/// <param name="Lookups">Marked parts that were looked for.</param>
/// <param name="Hits">Those that were there.</param>
/// <param name="Evictions">Chunks that had to go.</param>
/// <param name="Prompts">Prompts that reused any.</param>
/// <param name="BlendedTokens">Their tokens whose rows came from chunks.</param>
/// <param name="RepairedTokens">Those of them that were computed again.</param>
public sealed record ChunkStatus(
    int Chunks, int Blocks, long Lookups, long Hits, long Evictions, long Prompts, long BlendedTokens, long RepairedTokens);

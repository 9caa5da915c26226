namespace Kvasir.KvCache.Retention;

/// <summary>An idle block, as a retention policy sees it.</summary>
/// <param name="Age">Uses of the index since the block was last used.</param>
/// <param name="Hits">Times that it was found.</param>
/// <param name="Tokens">Rows in it.</param>
/// <param name="Depth">Blocks from the start of the prompt.</param>
/// <param name="Cost">Tokens from its first row to the end of the prompts that held it, smoothed: what its loss makes them compute again.</param>
/// <param name="Prefix">Stands for its tokens and all before them; what <see cref="IRetentionPolicy.Seen"/> was told.</param>
public readonly record struct RetentionCandidate(long Age, int Hits, int Tokens, int Depth, double Cost = 0, ulong Prefix = 0);

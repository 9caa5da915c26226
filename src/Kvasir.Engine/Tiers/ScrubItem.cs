using Kvasir.KvCache.Identity;

namespace Kvasir.Engine.Tiers;

/// <summary>Loaded rows that were used after a sample of them was verified.</summary>
/// <param name="Scope">Their scope.</param>
/// <param name="Tokens">Tokens up to their end.</param>
/// <param name="Next">First row that is not verified yet.</param>
/// <param name="Keys">The objects that they came from.</param>
internal sealed record ScrubItem(CacheScope Scope, int[] Tokens, int Next, BlockKey[] Keys);

using Kvasir.KvCache.Identity;

namespace Kvasir.Engine.Tiers;

/// <summary>What came of computing a cache's objects again.</summary>
/// <param name="True">Objects whose rows have the bits that the model computes.</param>
/// <param name="False">Objects that do not, or that are damaged or stand under another key.</param>
/// <param name="Foreign">
/// Objects of a scope whose salt is not known here and whose rows are others: an adapter's, or false. Nobody without that salt finds them.
/// </param>
/// <param name="Orphans">Objects that cannot be computed, because one before them is missing.</param>
/// <param name="Rows">Rows compared.</param>
public sealed record CacheVerification(
    IReadOnlyList<BlockKey> True, IReadOnlyList<BlockKey> False, IReadOnlyList<BlockKey> Foreign, IReadOnlyList<BlockKey> Orphans, long Rows);

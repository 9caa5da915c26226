namespace Kvasir.KvCache.Retention.Ghost;

/// <summary>A point of a curve of hit rate against memory.</summary>
/// <param name="Bytes">Memory of a tier.</param>
/// <param name="HitRate">Share of the bytes asked for that it would have had; of the tokens, as all rows of a model are equally large.</param>
public readonly record struct GhostPoint(long Bytes, double HitRate);

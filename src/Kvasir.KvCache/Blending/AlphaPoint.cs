namespace Kvasir.KvCache.Blending;

/// <summary>What a run with an α gave.</summary>
/// <param name="Alpha">The factor of CFO.</param>
/// <param name="Loss">Quality lost against full recompute.</param>
/// <param name="RecomputedShare">Rows repaired, as a share of the reused ones.</param>
public readonly record struct AlphaPoint(double Alpha, double Loss, double RecomputedShare);

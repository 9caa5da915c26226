using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Engine.Agents;

/// <summary>A stretch of a prompt whose rows are predicted.</summary>
/// <param name="Start">First token.</param>
/// <param name="Length">Tokens; the approximation has at least as many.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="StoredAt">Where its rows were stored: keys that are not rotated stay there.</param>
internal sealed record PredictedStretch(int Start, int Length, OffsetApproximation Rows, int StoredAt);

namespace Kvasir.KvCache.Compression.Profiles;

/// <summary>Directions of the keys (or values) of a group of heads, the dearest first: <c>x = Mean + Σ (Encode[r] · (x − Mean)) Decode[r]</c> over all of them.</summary>
/// <param name="Losses">What each direction costs when it is left out, descending <c>[dimensions]</c>, in the same unit over the whole model.</param>
/// <param name="Encode"><c>[dimensions, dimensions]</c>.</param>
/// <param name="Decode"><c>[dimensions, dimensions]</c>; the inverse of <paramref name="Encode"/>, transposed.</param>
/// <param name="Mean">What is the same in all rows <c>[dimensions]</c>; zeros to project rows as they are.</param>
public sealed record RankBasis(float[] Losses, float[] Encode, float[] Decode, float[] Mean);

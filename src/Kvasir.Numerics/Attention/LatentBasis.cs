namespace Kvasir.Numerics.Attention;

/// <summary>How the keys (or values) of a group of heads become latents and come back: <c>latents = Encode · (x − Mean)</c>, <c>x ≈ Mean + latents · Decode</c>.</summary>
/// <param name="Encode">At least <c>[rank, dimensions]</c>, dimensions being the group's heads times the head dimension.</param>
/// <param name="Decode">Likewise.</param>
/// <param name="Rank">Latents: rows of both that are used.</param>
/// <param name="Mean"><c>[dimensions]</c>.</param>
public readonly record struct LatentBasis(ReadOnlyMemory<float> Encode, ReadOnlyMemory<float> Decode, int Rank, ReadOnlyMemory<float> Mean);

namespace Kvasir.Numerics.Attention;

/// <summary>Where the latents of a head's keys (or values) lie in a row, and what brings them back. Heads of a group share latents.</summary>
public unsafe struct LatentPart
{
    /// <summary>First byte in the row.</summary>
    public int Offset;

    /// <summary>Latents.</summary>
    public int Rank;

    /// <summary>
    /// <c>[rank][stride]</c> with the head dimension rounded up to 16: a key before its rotation, or a value, is <see cref="Mean"/> and the sum of latents
    /// times these rows, one chain over ascending rank.
    /// </summary>
    public float* Basis;

    /// <summary><c>[stride]</c>: what all rows have in common, so that latents are small.</summary>
    public float* Mean;
}

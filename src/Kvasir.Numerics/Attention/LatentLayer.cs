namespace Kvasir.Numerics.Attention;

/// <summary>How rows of a layer lie as latents, for attention: rows behind one another, of each the parts of all heads.</summary>
public unsafe struct LatentLayer
{
    /// <summary>Bits of a latent: 16 (binary16), 8 or 4.</summary>
    public int Bits;

    /// <summary>Bytes of a row.</summary>
    public int RowBytes;

    /// <summary>The keys' part by KV head <c>[kvHeads]</c>.</summary>
    public LatentPart* Keys;

    /// <summary>The values' part by KV head <c>[kvHeads]</c>.</summary>
    public LatentPart* Values;
}

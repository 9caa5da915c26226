namespace Kvasir.Numerics.Attention;

/// <summary>
/// Latents of one row and part as bytes: in 16 bits binary16; in 8 or 4 bits a binary16 scale and minimum, then codes, a number being
/// <c>code * scale + minimum</c>, rounded once (Palu, Chang et al. 2024, section 3.4: quantised token by token).
/// </summary>
internal static unsafe class LatentCode
{
    private const int HeaderBytes = 2 * sizeof(ushort);

    /// <summary>Bytes of so many latents.</summary>
    public static int Bytes(int rank, int bits) => rank == 0 ? 0 : bits == 16 ? rank * sizeof(ushort) : HeaderBytes + (((rank * bits) + 7) / 8);

    /// <summary>Encodes a row; a row with a NaN is all NaN where codes have a scale.</summary>
    public static void Encode(ReadOnlySpan<float> latents, int bits, byte* to)
    {
        if (bits == 16)
        {
            for (var i = 0; i < latents.Length; i++)
                ((ushort*)to)[i] = Float16.FromSingle(latents[i]);
            return;
        }

        float low = float.PositiveInfinity, high = float.NegativeInfinity;
        foreach (var x in latents)
        {
            low = MathF.Min(low, x);
            high = MathF.Max(high, x);
        }

        var most = (1 << bits) - 1;
        var minimumBits = Float16.FromSingle(low);
        var scaleBits = Float16.FromSingle((high - low) / most);
        (((ushort*)to)[0], ((ushort*)to)[1]) = (scaleBits, minimumBits);
        var (scale, minimum) = (Float16.ToSingle(scaleBits), Float16.ToSingle(minimumBits));
        to += HeaderBytes;
        var half = (latents.Length + 1) / 2;
        for (var i = 0; i < latents.Length; i++)
        {
            var code = scale > 0 ? MathF.Round((latents[i] - minimum) / scale, MidpointRounding.ToEven) : 0;
            var level = (byte)(code >= most ? most : code > 0 ? code : 0);
            if (bits == 8)
                to[i] = level;
            else if (i < half)
                to[i] = level;
            else
                to[i - half] |= (byte)(level << 4);
        }
    }

    /// <summary>Decodes latents <c>[first, first + count)</c> of a row.</summary>
    public static void Decode(byte* from, int rank, int bits, int first, int count, float* latents)
    {
        if (bits == 16)
        {
            for (var i = 0; i < count; i++)
                latents[i] = Float16.ToSingle(((ushort*)from)[first + i]);
            return;
        }

        var (scale, minimum) = (Float16.ToSingle(((ushort*)from)[0]), Float16.ToSingle(((ushort*)from)[1]));
        from += HeaderBytes;
        var half = (rank + 1) / 2;
        for (var i = first; i < first + count; i++)
        {
            var code = bits == 8 ? from[i] : i < half ? from[i] & 15 : from[i - half] >> 4;
            latents[i - first] = MathF.FusedMultiplyAdd(code, scale, minimum);
        }
    }
}

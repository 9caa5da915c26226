namespace Kvasir.Models;

/// <summary>
/// Multi-head latent attention as data (DeepSeek-V2, 2024): keys and values of all heads come from one low-rank row a token, and one
/// rotated key that the heads share.
/// </summary>
public sealed record LatentConfig
{
    /// <summary>Rank of the queries' projection; 0 when they are projected directly.</summary>
    public required int QueryRank { get; init; }

    /// <summary>Width of a token's latent row.</summary>
    public required int Rank { get; init; }

    /// <summary>Rotated dimensions of a head.</summary>
    public required int RotaryDim { get; init; }

    /// <summary>Dimensions of a head that are not rotated.</summary>
    public required int PlainDim { get; init; }

    /// <summary>Dimensions of a head's values.</summary>
    public required int ValueDim { get; init; }

    /// <summary>Epsilon of the norms of the low-rank rows.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>The projections down to the ranks and the output projection have biases.</summary>
    public bool Bias { get; init; }
}

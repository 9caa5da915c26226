namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>The parameters of KVCOMM (NeurIPS 2025, arXiv 2510.12872), with the published values where the paper states them.</summary>
public sealed record AnchorSettings
{
    /// <summary>γ: reuse while the entropy of the weights is at most this share of the largest possible; 0 for none.</summary>
    public double Gamma { get; init; } = 0.3;

    /// <summary>V: anchors of a placeholder.</summary>
    public int Capacity { get; init; } = 20;

    /// <summary>Of so many oldest anchors the least used goes when there are too many.</summary>
    public int Window { get; init; } = 5;

    /// <summary>The anchors that make up this share of the weight count as used.</summary>
    public double Nucleus { get; init; } = 0.9;

    /// <summary>Anchors of less weight are left out of a sum.</summary>
    public float LeastWeight { get; init; } = 1e-3f;

    /// <summary>What texts are compared by.</summary>
    public AnchorFeature Feature { get; init; } = AnchorFeature.Values;

    /// <summary>What distances are divided by.</summary>
    public DistanceScale Scale { get; init; } = DistanceScale.Published;

    /// <summary>Temperature of the weights that decide about reuse.</summary>
    public float SharingTemperature { get; init; } = 1;

    /// <summary>How finely offsets are mixed.</summary>
    public OffsetWeighting Weighting { get; init; } = OffsetWeighting.Fine;

    /// <summary>Temperature of the weights of a token.</summary>
    public float TokenTemperature { get; init; } = 1;

    /// <summary>Temperature of the weights of a channel.</summary>
    public float ChannelTemperature { get; init; } = 1;

    /// <summary>
    /// Relative distances, with the temperatures of the bundled model: with γ = 0.3 it reuses 0, 25, 47 and 70 % of a stream's calls at 0.05, 0.01, 0.005
    /// and 0.003 (the first three over 50 tasks, the last over 100); those of tokens and channels by first-token KL on 30 held-out prompts, the last
    /// segment computed: 0.22, 0.21 and 0.29 nats at 0.05, 0.2 and 1; 0.33 with one weight an anchor.
    /// </summary>
    public static AnchorSettings Relative { get; } =
        new() { Scale = DistanceScale.Relative, SharingTemperature = 0.003f, TokenTemperature = 0.2f, ChannelTemperature = 0.2f };

    /// <summary>Refuses values that make no sense.</summary>
    /// <exception cref="ArgumentException">Says which.</exception>
    public void Validate()
    {
        Require(Gamma >= 0, nameof(Gamma), Gamma, "0 or more");
        Require(Capacity >= 1, nameof(Capacity), Capacity, "1 or more");
        Require(Window >= 1, nameof(Window), Window, "1 or more");
        Require(Nucleus is > 0 and <= 1, nameof(Nucleus), Nucleus, "above 0, at most 1");
        Require(LeastWeight is >= 0 and < 1, nameof(LeastWeight), LeastWeight, "0 or more, below 1");
        Require(SharingTemperature > 0, nameof(SharingTemperature), SharingTemperature, "above 0");
        Require(TokenTemperature > 0, nameof(TokenTemperature), TokenTemperature, "above 0");
        Require(ChannelTemperature > 0, nameof(ChannelTemperature), ChannelTemperature, "above 0");
    }

    private static void Require(bool holds, string name, double value, string allowed)
    {
        if (!holds)
            throw new ArgumentException(FormattableString.Invariant($"{name} is {value}; allowed: {allowed}"));
    }
}

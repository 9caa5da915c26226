namespace Kvasir.Engine.Verification;

/// <summary>How two models differ on the same text.</summary>
public sealed record ModelComparisonReport
{
    /// <summary>Part of the positions that must agree for <see cref="Pass"/>.</summary>
    public const double RequiredAgreement = 0.98;

    /// <summary>Factor by which the perplexity may be higher for <see cref="Pass"/>.</summary>
    public const double AllowedPerplexityRatio = 1.02;

    /// <summary>Architecture of the model under test.</summary>
    public required string Architecture { get; init; }

    /// <summary>Positions compared.</summary>
    public required long Rows { get; init; }

    /// <summary>Largest absolute difference of a logit.</summary>
    public required double MaxAbsDiff { get; init; }

    /// <summary>Largest minus smallest logit of the reference.</summary>
    public required double LogitRange { get; init; }

    /// <summary>Part of the positions with the same most probable token, 0 to 1.</summary>
    public required double Top1Agreement { get; init; }

    /// <summary>Mean Kullback-Leibler divergence from the reference's distribution, nats.</summary>
    public required double MeanKl { get; init; }

    /// <summary>Perplexity of the texts under the model.</summary>
    public required double Perplexity { get; init; }

    /// <summary>Perplexity of the texts under the reference.</summary>
    public required double ReferencePerplexity { get; init; }

    /// <summary>True when the model agrees at 98 % of the positions and its perplexity is at most 2 % higher.</summary>
    public bool Pass => Top1Agreement >= RequiredAgreement && Perplexity <= AllowedPerplexityRatio * ReferencePerplexity;
}

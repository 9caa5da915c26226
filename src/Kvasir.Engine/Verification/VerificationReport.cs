namespace Kvasir.Engine.Verification;

/// <summary>How a model's logits compare with a reference.</summary>
public sealed record VerificationReport
{
    /// <summary>Deviation allowed, as a part of the reference's logit range.</summary>
    public const double Tolerance = 1e-4;

    /// <summary>The model's architecture.</summary>
    public required string Architecture { get; init; }

    /// <summary>Rows compared.</summary>
    public required long Rows { get; init; }

    /// <summary>Largest absolute difference of a logit.</summary>
    public required double MaxAbsDiff { get; init; }

    /// <summary>Largest minus smallest logit.</summary>
    public required double LogitRange { get; init; }

    /// <summary>Part of the rows whose most probable token is the reference's, 0 to 1.</summary>
    public required double Top1Agreement { get; init; }

    /// <summary>Greedy tokens that were compared and equal; null when the reference has none.</summary>
    public int? GreedyEqual { get; init; }

    /// <summary>Greedy tokens that had to be equal; null when the reference has none.</summary>
    public int? GreedyCompared { get; init; }

    /// <summary>True when the model reproduces the reference.</summary>
    public required bool Pass { get; init; }
}

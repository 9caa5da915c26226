namespace Kvasir.Engine.Blending.Audit;

/// <summary>
/// Shadow runs of answers with approximate reuse (guarantee G2): a share of them is computed again without it, when nothing else is to be
/// done, and compared.
/// </summary>
public sealed record AuditOptions
{
    /// <summary>Share of the answers with approximate reuse that are audited, 0 to 1.</summary>
    public double Rate { get; init; }

    /// <summary>
    /// Mean divergence of the first token's distribution, in nats, above which a policy is switched off for a tenant.
    /// </summary>
    public double MaxDivergence { get; init; } = 0.5;

    /// <summary>Share of the answers' tokens that the true model would choose too, below which a policy is switched off for a tenant.</summary>
    public double MinAgreement { get; init; } = 0.5;

    /// <summary>Audits that are looked back at.</summary>
    public int Window { get; init; } = 32;

    /// <summary>Audits of a tenant's policy before anything is switched off.</summary>
    public int MinSamples { get; init; } = 8;

    /// <summary>Answers that wait for their audit; further ones are not audited.</summary>
    public int MaxQueued { get; init; } = 64;

    /// <summary>Throws when a number is outside its range.</summary>
    /// <exception cref="ArgumentException">Says which.</exception>
    public void Validate()
    {
        Require(Rate is >= 0 and <= 1, nameof(Rate), Rate, "between 0 and 1");
        Require(MaxDivergence > 0, nameof(MaxDivergence), MaxDivergence, "above 0");
        Require(MinAgreement is >= 0 and <= 1, nameof(MinAgreement), MinAgreement, "between 0 and 1");
        Require(Window >= 1, nameof(Window), Window, "at least 1");
        Require(MinSamples >= 1 && MinSamples <= Window, nameof(MinSamples), MinSamples, "between 1 and Window");
        Require(MaxQueued >= 0, nameof(MaxQueued), MaxQueued, "at least 0");

        static void Require(bool holds, string name, double value, string allowed)
        {
            if (!holds)
                throw new ArgumentException(FormattableString.Invariant($"audit option {name} is {value}; it must be {allowed}"));
        }
    }
}

namespace Kvasir.Engine.Blending.Audit;

/// <summary>What audits have found about a policy for a tenant.</summary>
/// <param name="Tenant">The tenant's label.</param>
/// <param name="Policy">The policy's name.</param>
/// <param name="Audits">Audits done.</param>
/// <param name="Divergence">Mean Kullback-Leibler divergence of the first token's distribution from the true one in the window, nats.</param>
/// <param name="MaxDivergence">The largest in the window.</param>
/// <param name="Agreement">Share of the answers' tokens in the window that the true model would choose too, given what stood before them.</param>
/// <param name="IsSwitchedOff">True when the policy is no longer used for the tenant.</param>
public sealed record AuditStatus(
    string Tenant, string Policy, long Audits, double Divergence, double MaxDivergence, double Agreement, bool IsSwitchedOff);

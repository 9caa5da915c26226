using Kvasir.Engine.Blending.Audit;

namespace Kvasir.Serving.Configuration;

/// <summary>The settings of audits (guarantee G2).</summary>
internal static class AuditSettings
{
    public static AuditOptions Read(SettingReader settings, AuditOptions fallback) => fallback with
    {
        Rate = settings.Real("rate", fallback.Rate, 0, 1, "Share of the answers with approximate reuse that are computed again without it, in idle time, and compared."),
        MaxDivergence = settings.Real("maxDivergence", fallback.MaxDivergence, 0, 1000, "Mean divergence of the first token's distribution, in nats, above which a policy is switched off for a tenant."),
        MinAgreement = settings.Real("minAgreement", fallback.MinAgreement, 0, 1, "Share of the answers' tokens that the model would choose too without reuse, below which a policy is switched off for a tenant."),
        Window = settings.Number("window", fallback.Window, 1, "Audits of a tenant's policy that are looked back at.")!.Value,
        MinSamples = settings.Number("minSamples", fallback.MinSamples, 1, "Audits before anything is switched off; at most window.")!.Value,
        MaxQueued = settings.Number("maxQueued", fallback.MaxQueued, 0, "Answers that wait for their audit; further ones are not audited.")!.Value,
    };
}

using Kvasir.Engine.Requests;
using Kvasir.KvCache.Identity;

namespace Kvasir.Engine.Blending.Audit;

/// <summary>An answer to be audited.</summary>
/// <param name="Scope">Whose it is.</param>
/// <param name="Request">Its request without approximate reuse; the answer is its continuation.</param>
/// <param name="Policy">The policy that it was answered with.</param>
/// <param name="FirstLogits">The logits that its first token was chosen from.</param>
internal sealed record AuditItem(CacheScope Scope, GenerationRequest Request, string Policy, float[] FirstLogits);

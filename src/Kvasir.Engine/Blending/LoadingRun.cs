using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Chunks.Tiers;

namespace Kvasir.Engine.Blending;

/// <summary>A chunk on its way from a tier: its rows lie in blocks that were taken for it, a reference to each is the session's.</summary>
/// <param name="Run">The chunk as it will be.</param>
/// <param name="Hit">Where it comes from.</param>
internal sealed record LoadingRun(KvRun Run, RunHit Hit);

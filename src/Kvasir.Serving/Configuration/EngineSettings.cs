using Kvasir.Engine;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Virtual;
using Kvasir.Numerics.Attention;

namespace Kvasir.Serving.Configuration;

/// <summary>The settings of an engine.</summary>
internal static class EngineSettings
{
    /// <param name="settings">What is set.</param>
    /// <param name="fallback">What holds where nothing is set.</param>
    public static EngineOptions Read(SettingReader settings, EngineOptions fallback) => fallback with
    {
        MaxContext = settings.Number("maxContext", fallback.MaxContext, 1, "Most tokens of prompt and answer together. Default: what the model was made for."),
        KvBudgetBytes = settings.Size("kvBudget", fallback.KvBudgetBytes, "Memory for keys and values. Default: four full contexts, at most a quarter of the machine's memory."),
        KvType = Enum.Parse<KvDataType>(
            settings.Choice("kvType", fallback.KvType.ToString().ToLowerInvariant(), [.. Enum.GetNames<KvDataType>().Select(name => name.ToLowerInvariant())], "How keys and values are stored."),
            ignoreCase: true),
        KvMemory = KvMemoryNames.TryParse(
            settings.Choice("kvMemory", KvMemoryNames.Of(fallback.KvMemory), KvMemoryNames.All, "Where keys and values lie; answers do not depend on it."), out var memory)
            ? memory
            : fallback.KvMemory,
        Threads = settings.Number("threads", fallback.Threads, 1, "Worker threads. Default: the processors of the machine."),
        MaxBatchTokens = settings.Number("maxBatchTokens", fallback.MaxBatchTokens, 1, "Most rows of a step; longer prompts are computed in chunks beside the decoding of others.")!.Value,
        MaxSequences = settings.Number("maxSequences", fallback.MaxSequences, 1, "Most answers that are computed at once.")!.Value,
        MaxQueued = settings.Number("maxQueued", fallback.MaxQueued, 1, "Most answers that wait; further requests get 503.")!.Value,
        PrefixCache = settings.Flag("prefixCache", fallback.PrefixCache, "Whether keys and values are kept between requests."),
        Tiers = settings.Section("tiers", inner => TierSettings.Read(inner, fallback.Tiers), "Where keys and values go that the pool has no room for, and what outlives the process."),

        ChunkShare = settings.Real("chunkShare", fallback.ChunkShare, 0, 1, "Share of the memory for keys and values that text kept for reuse behind other prefixes may hold."),
        Audit = settings.Section("audit", inner => AuditSettings.Read(inner, fallback.Audit), "Whether answers with approximate reuse are run again without it and compared."),
        Scheduling = SchedulingNames.Create(
            settings.Choice("scheduling", SchedulingNames.Of(fallback.Scheduling), SchedulingNames.All, "Which waiting answer begins first: the oldest, or the one that has least left to compute, by age.")),

        // Always a new one: several models may share these settings, and a policy serves one pool.
        Retention = RetentionPolicies.Create(
            settings.Choice("retention", fallback.Retention.Name, [.. RetentionPolicies.Names], "Which kept keys and values go first when there is no room.")),
    };
}

using System.Diagnostics.Metrics;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Blending.Audit;
using Kvasir.Engine.Loop;

namespace Kvasir.Serving.Telemetry;

/// <summary>The instruments of reuse behind other prefixes, and of its audits.</summary>
internal static class ChunkInstruments
{
    /// <param name="meter">Gets the instruments.</param>
    /// <param name="latest">The engines' states.</param>
    /// <param name="nameOf">Names the tenant of a cache scope's label.</param>
    public static void Register(Meter meter, Func<IReadOnlyList<(string Model, EngineStatus Status)>> latest, Func<string, string> nameOf)
    {
        Gauge("kvasir.chunks.kept", "{chunk}", "Chunks kept for reuse behind other prefixes, every variant counted.", status => status.Chunks);
        Gauge("kvasir.chunks.blocks", "{block}", "KV blocks that they hold.", status => status.Blocks);
        Count("kvasir.chunks.lookups", "{part}", "Marked parts that were looked for.", status => status.Lookups);
        Count("kvasir.chunks.hits", "{part}", "Marked parts that were there.", status => status.Hits);
        Count("kvasir.chunks.evictions", "{chunk}", "Chunks that had to go.", status => status.Evictions);
        Count("kvasir.chunks.prompts", "{prompt}", "Prompts that reused any.", status => status.Prompts);
        Count("kvasir.tokens.blended", "{token}", "Tokens of prompts whose keys and values were computed behind another prefix.", status => status.BlendedTokens);
        Count("kvasir.tokens.repaired", "{token}", "Those of them that were computed again.", status => status.RepairedTokens);
        meter.CreateObservableCounter("kvasir.audits", () => Audits(audit => audit.Audits), "{audit}", "Answers with approximate reuse that were run again without it.");
        meter.CreateObservableGauge("kvasir.audit.divergence", () => Audits(audit => audit.Divergence), "nat", "Mean divergence of the first token's distribution from the true one, of the latest audits.");
        meter.CreateObservableGauge("kvasir.audit.agreement", () => Audits(audit => audit.Agreement), "1", "Share of the answers' tokens that the model would choose too without reuse, of the latest audits.");
        meter.CreateObservableGauge("kvasir.audit.switched_off", () => Audits(audit => audit.IsSwitchedOff ? 1 : 0), "1", "1 where a policy deviated too far for a tenant and is no longer used. An alarm.");

        void Gauge(string name, string unit, string meaning, Func<ChunkStatus, long> read) => meter.CreateObservableGauge(name, () => Chunks(read), unit, meaning);

        void Count(string name, string unit, string meaning, Func<ChunkStatus, long> read) => meter.CreateObservableCounter(name, () => Chunks(read), unit, meaning);

        IEnumerable<Measurement<long>> Chunks(Func<ChunkStatus, long> read) => latest().Select(engine => new Measurement<long>(
            read(engine.Status.Chunks), new KeyValuePair<string, object?>(GenAi.RequestModel, engine.Model)));

        IEnumerable<Measurement<T>> Audits<T>(Func<AuditStatus, T> read)
            where T : struct => latest().SelectMany(engine => engine.Status.Audits.Select(audit => new Measurement<T>(
                read(audit),
                new KeyValuePair<string, object?>(GenAi.RequestModel, engine.Model),
                new KeyValuePair<string, object?>("kvasir.tenant", nameOf(audit.Tenant)),
                new KeyValuePair<string, object?>("kvasir.policy", audit.Policy))));
    }
}

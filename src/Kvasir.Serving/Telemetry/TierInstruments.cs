using System.Diagnostics.Metrics;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Tiers;

namespace Kvasir.Serving.Telemetry;

/// <summary>Instruments of the tiers: what they hold, what came back from them, and the alarms.</summary>
internal static class TierInstruments
{
    /// <param name="meter">Gets the instruments.</param>
    /// <param name="latest">The engines as they were last seen.</param>
    public static void Register(Meter meter, Func<IReadOnlyList<(string Model, EngineStatus Status)>> latest)
    {
        Count("kvasir.tiers.loads", "{load}", "Loads from tiers whose rows were used.", status => status.Loads);
        Count("kvasir.tiers.loaded", "{token}", "Prompt tokens whose keys and values came from tiers.", status => status.LoadedTokens);
        Count("kvasir.tiers.loaded_bytes", "By", "Bytes loaded from tiers.", status => status.LoadedBytes);
        Count("kvasir.tiers.stalled", "ms", "Time in which a step waited for layers that were still coming.", status => (long)status.Stalled.TotalMilliseconds);
        Count("kvasir.tiers.computed_instead", "{load}", "Finds that were computed, because that was quicker.", status => status.ComputedInstead);
        Count("kvasir.tiers.failed_loads", "{load}", "Loads that came to nothing; their rows were computed.", status => status.FailedLoads);
        Count("kvasir.tiers.timeouts", "{load}", "Loads that took too long.", status => status.TimedOut);
        Count("kvasir.tiers.damaged", "{object}", "Objects that were not what was stored.", status => status.Damaged);
        Count("kvasir.tiers.forged", "{load}", "Loads whose rows were not what the model computes. An alarm.", status => status.Forged + status.ScrubFaults);
        Count("kvasir.tiers.verified", "{row}", "Loaded rows that were computed again and compared.", status => status.VerifiedRows + status.ScrubbedRows);
        Count("kvasir.tiers.swapped_out", "{sequence}", "Preempted answers whose rows were kept in a tier.", status => status.SwappedOut);
        Count("kvasir.tiers.dropped_stores", "{chunk}", "Chunks that were not stored because too many waited.", status => status.DroppedStores);
        Count("kvasir.tiers.bypasses", "{bypass}", "Times that a failing tier was bypassed.", status => status.Bypasses);
        meter.CreateObservableGauge("kvasir.tiers.bytes", () => Each(tier => tier.Bytes), "By", "Bytes that a tier holds.");
        meter.CreateObservableGauge("kvasir.tiers.objects", () => Each(tier => tier.Objects), "{object}", "Objects that a tier holds.");
        meter.CreateObservableGauge("kvasir.tiers.pins", () => Each(tier => tier.Pins), "{pin}", "Objects that a load holds.");
        meter.CreateObservableCounter("kvasir.tiers.evictions", () => Each(tier => tier.Evicted), "{object}", "Objects that a tier gave up for others.");

        void Count(string name, string unit, string meaning, Func<EngineTierStatus, long> read) => meter.CreateObservableCounter(
            name,
            () => latest().Where(engine => engine.Status.Tiers is not null).Select(engine => new Measurement<long>(
                read(engine.Status.Tiers!), new KeyValuePair<string, object?>(GenAi.RequestModel, engine.Model))),
            unit,
            meaning);

        IEnumerable<Measurement<long>> Each(Func<TierStatus, long> read) => latest()
            .Where(engine => engine.Status.Tiers is not null)
            .SelectMany(engine => engine.Status.Tiers!.Tiers.Select(tier => new Measurement<long>(
                read(tier.Status),
                new KeyValuePair<string, object?>(GenAi.RequestModel, engine.Model),
                new KeyValuePair<string, object?>("tier", tier.Name))));
    }
}

using System.Diagnostics.Metrics;
using Kvasir.Engine.Loop;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Tenancy;

namespace Kvasir.Serving.Telemetry;

/// <summary>
/// The state of all loaded engines as it was when last asked for. Instruments are read where nothing can be awaited, so the engines
/// are asked before.
/// </summary>
internal sealed class EngineSnapshots(ModelRegistry models, TenantDirectory tenants)
{
    private volatile IReadOnlyList<(string Model, EngineStatus Status)> _latest = [];

    /// <summary>Asks the engines.</summary>
    public async Task<IReadOnlyList<(string Model, EngineStatus Status)>> RefreshAsync()
    {
        var latest = new List<(string, EngineStatus)>();
        foreach (var slot in models.Slots)
        {
            if (slot.Service is not { } service || !service.TryUse())
                continue;
            try
            {
                if (service.Generator is { } generator)
                    latest.Add((slot.Name, await generator.GetStatusAsync().ConfigureAwait(false)));
            }
            finally
            {
                service.Release();
            }
        }

        return _latest = latest;
    }

    /// <summary>Adds the engines' instruments.</summary>
    public void Register(Meter meter)
    {
        Gauge("kvasir.sequences.running", "{sequence}", "Answers that are computed.", status => status.Running);
        Gauge("kvasir.sequences.waiting", "{sequence}", "Answers that wait.", status => status.Waiting);
        Gauge("kvasir.kv.tokens.cached", "{token}", "Tokens whose keys and values are in the prefix cache.", status => status.CachedTokens);
        Gauge("kvasir.kv.memory", "By", "Memory committed for keys and values.", status => status.CommittedBytes);
        Count("kvasir.steps", "{step}", "Steps run.", status => status.Steps);
        Count("kvasir.preemptions", "{preemption}", "Answers sent back to wait.", status => status.Preemptions);
        Count("kvasir.tokens.prompt", "{token}", "Tokens of prompts.", status => status.PromptTokens);
        Count("kvasir.tokens.reused", "{token}", "Tokens of prompts whose keys and values were found.", status => status.ReusedTokens);
        Count("kvasir.tokens.computed", "{token}", "Rows carried through the layers.", status => status.ComputedRows);
        Count("kvasir.tokens.generated", "{token}", "Tokens of answers, sampled or forced by a grammar.", status => status.SampledTokens + status.ForcedTokens);
        Count("kvasir.kv.evictions", "{block}", "Cached blocks given up for others.", status => status.Evictions);
        meter.CreateObservableGauge(
            "kvasir.cache.hit_ratio",
            () => Measure(status => status.PromptTokens == 0 ? 0 : status.ReusedTokens / (double)status.PromptTokens),
            "1",
            "Share of the prompts' tokens that were reused, since the model was loaded.");
        meter.CreateObservableGauge("kvasir.kv.blocks", Blocks, "{block}", "KV blocks by state.");
        meter.CreateObservableGauge(
            "kvasir.cache.predicted_hit_ratio", Advice, "1", "Share of the prompts' tokens that would have been reused with so much more memory for keys and values.");
        EncoderInstruments.Register(meter, models);
        TierInstruments.Register(meter, () => _latest);
        ChunkInstruments.Register(meter, () => _latest, tenants.NameOf);

        void Gauge(string name, string unit, string meaning, Func<EngineStatus, long> read) =>
            meter.CreateObservableGauge(name, () => Measure(read), unit, meaning);

        void Count(string name, string unit, string meaning, Func<EngineStatus, long> read) =>
            meter.CreateObservableCounter(name, () => Measure(read), unit, meaning);
    }

    /// <summary>KV blocks by state, in the order of a block's life.</summary>
    public static IReadOnlyList<(string State, int Blocks)> BlocksOf(EngineStatus status) =>
    [
        ("free", status.FreeBlocks),
        ("reserved", status.ReservedBlocks),
        ("active", status.ActiveBlocks),
        ("cached", status.CachedBlocks),
        ("quarantined", status.QuarantinedBlocks),
    ];

    private IEnumerable<Measurement<T>> Measure<T>(Func<EngineStatus, T> read)
        where T : struct => _latest.Select(engine => new Measurement<T>(read(engine.Status), new KeyValuePair<string, object?>(GenAi.RequestModel, engine.Model)));

    private IEnumerable<Measurement<double>> Advice() => _latest.SelectMany(engine => engine.Status.Advice.Select(advice => new Measurement<double>(
        advice.HitRate, new KeyValuePair<string, object?>(GenAi.RequestModel, engine.Model), new KeyValuePair<string, object?>("more_bytes", advice.MoreBytes))));

    private IEnumerable<Measurement<int>> Blocks() => _latest.SelectMany(engine => BlocksOf(engine.Status).Select(state => new Measurement<int>(
        state.Blocks, new KeyValuePair<string, object?>(GenAi.RequestModel, engine.Model), new KeyValuePair<string, object?>("state", state.State))));
}

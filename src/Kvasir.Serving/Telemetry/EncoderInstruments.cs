using System.Diagnostics.Metrics;
using Kvasir.Engine.Embeddings;
using Kvasir.Serving.Hosting;

namespace Kvasir.Serving.Telemetry;

/// <summary>Instruments of loaded encoders.</summary>
internal static class EncoderInstruments
{
    /// <summary>Adds them.</summary>
    public static void Register(Meter meter, ModelRegistry models)
    {
        meter.CreateObservableGauge("kvasir.embeddings.waiting", () => Measure(status => status.Waiting), "{text}", "Texts that wait for an encoder.");
        meter.CreateObservableCounter("kvasir.embeddings.texts", () => Measure(status => status.Texts), "{text}", "Texts that encoders embedded.");
        meter.CreateObservableCounter("kvasir.embeddings.tokens", () => Measure(status => status.Tokens), "{token}", "Their tokens.");
        meter.CreateObservableCounter("kvasir.embeddings.steps", () => Measure(status => status.Steps), "{step}", "Steps that texts took together.");

        IEnumerable<Measurement<long>> Measure(Func<EmbeddingStatus, long> read) => models.Slots
            .Select(slot => (slot.Name, slot.Service?.Encoder))
            .Where(loaded => loaded.Encoder is not null)
            .Select(loaded => new Measurement<long>(read(loaded.Encoder!.Status), new KeyValuePair<string, object?>(GenAi.RequestModel, loaded.Name)));
    }
}

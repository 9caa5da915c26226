using System.Text.Json;
using Kvasir.Engine.Loop;

namespace Kvasir.Serving.Operations;

/// <summary>The tiers and the advice on memory in the status.</summary>
internal static class TierStatusJson
{
    public static void Write(Utf8JsonWriter json, EngineStatus status)
    {
        json.WriteStartArray("memory_advice");
        foreach (var advice in status.Advice)
        {
            json.WriteStartObject();
            json.WriteNumber("bytes", advice.Bytes);
            json.WriteNumber("more_bytes", advice.MoreBytes);
            json.WriteNumber("hit_rate", Math.Round(advice.HitRate, 4));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (status.Tiers is not { } tiers)
        {
            json.WriteNull("tiers");
            return;
        }

        json.WriteStartObject("tiers");
        json.WriteStartArray("tiers");
        foreach (var (name, tier) in tiers.Tiers)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteNumber("objects", tier.Objects);
            json.WriteNumber("bytes", tier.Bytes);
            json.WriteNumber("capacity_bytes", tier.CapacityBytes);
            json.WriteNumber("pins", tier.Pins);
            json.WriteNumber("evicted", tier.Evicted);
            json.WriteNumber("failures", tier.Failures);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("loads", tiers.Loads);
        json.WriteNumber("loaded_tokens", tiers.LoadedTokens);
        json.WriteNumber("failed_loads", tiers.FailedLoads);
        json.WriteNumber("forged", tiers.Forged + tiers.ScrubFaults);
        json.WriteNumber("verified_rows", tiers.VerifiedRows + tiers.ScrubbedRows);
        json.WriteNumber("swapped_out", tiers.SwappedOut);
        json.WriteString("last_error", tiers.LastError);
        json.WriteEndObject();
    }
}

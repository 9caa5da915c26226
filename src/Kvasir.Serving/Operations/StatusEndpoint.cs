using System.Text.Json;
using Kvasir.Engine.Embeddings;
using Kvasir.Engine.Loop;
using Kvasir.KvCache.Identity;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Kvasir.Serving.Pipeline;
using Kvasir.Serving.Telemetry;
using Kvasir.Serving.Tenancy;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Operations;

/// <summary><c>GET /kvasir/status</c>: what the server is doing now, for the page and for operators.</summary>
internal sealed class StatusEndpoint(ModelRegistry models, EngineSnapshots engines, TenantDirectory tenants, ServerMetrics metrics, DrainGate gate, string version, TimeProvider time)
{
    /// <summary>What is told of models that answer only.</summary>
    private static readonly string[] OfAnswers =
        ["adapters", "preemptions", "tokens", "hit_rate", "kv", "memory_advice", "tiers", "chunks", "audits", "latency_ms", "tokens_per_second"];

    private readonly long _started = time.GetTimestamp();

    public async Task HandleAsync(HttpContext http)
    {
        var asker = tenants.Authenticate(http.Request);
        var statuses = (await engines.RefreshAsync().ConfigureAwait(false)).ToDictionary(engine => engine.Model, engine => engine.Status, StringComparer.Ordinal);
        await JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            WriteServer(json);
            json.WriteStartArray("models");
            foreach (var slot in models.Slots)
                WriteModel(json, slot, statuses.GetValueOrDefault(slot.Name), Named);
            json.WriteEndArray();
            json.WriteEndObject();
        }).ConfigureAwait(false);

        // What audits say of others is theirs; the operator's endpoints tell of all.
        string? Named(string label) => !tenants.NeedsKey || label == asker.CacheLabel || label == CacheScope.PublicTenant ? tenants.NameOf(label) : null;
    }

    private void WriteServer(Utf8JsonWriter json)
    {
        json.WriteStartObject("server");
        json.WriteString("version", version);
        json.WriteNumber("uptime_s", Math.Round(time.GetElapsedTime(_started).TotalSeconds, 1));
        json.WriteBoolean("draining", gate.IsClosed);
        json.WriteStartObject("requests");
        json.WriteNumber("active", metrics.Active);
        foreach (var outcome in Enum.GetValues<CallOutcome>())
            json.WriteNumber(outcome.ToString().ToLowerInvariant(), metrics.Count(outcome));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, ModelSlot slot, EngineStatus? status, Func<string, string?> tenantOf)
    {
        json.WriteStartObject();
        json.WriteString("name", slot.Name);
        json.WriteString("state", slot.State.ToString().ToLowerInvariant());
        json.WriteStartArray("aliases");
        foreach (var alias in slot.Configuration.Aliases)
            json.WriteStringValue(alias);
        json.WriteEndArray();
        if (slot.Service is { Encoder: { } encoder })
        {
            WriteEncoder(json, encoder);
        }
        else if (slot.Service is { } service && status is not null)
        {
            WriteEngine(json, service, status, tenantOf);
        }
        else
        {
            WriteNulls(json, "context", "running", "waiting");
            WriteNulls(json, OfAnswers);
        }

        json.WriteEndObject();
    }

    /// <summary>What an encoder has done; it has no cache and no answers.</summary>
    private static void WriteEncoder(Utf8JsonWriter json, EmbeddingEngine encoder)
    {
        var status = encoder.Status;
        json.WriteNumber("context", encoder.MaxTokens);
        json.WriteNumber("running", status.Running);
        json.WriteNumber("waiting", status.Waiting);
        json.WriteStartObject("embeddings");
        json.WriteNumber("texts", status.Texts);
        json.WriteNumber("tokens", status.Tokens);
        json.WriteNumber("steps", status.Steps);
        json.WriteNumber("dimensions", encoder.Dimensions);
        json.WriteEndObject();
        WriteNulls(json, OfAnswers);
    }

    private static void WriteEngine(Utf8JsonWriter json, ModelService service, EngineStatus status, Func<string, string?> tenantOf)
    {
        json.WriteNumber("context", service.MaxContext);
        json.WriteStartArray("adapters");
        foreach (var adapter in service.Adapters)
            json.WriteStringValue(adapter.Name);
        json.WriteEndArray();
        json.WriteNumber("running", status.Running);
        json.WriteNumber("waiting", status.Waiting);
        json.WriteNumber("preemptions", status.Preemptions);
        json.WriteStartObject("tokens");
        json.WriteNumber("prompt", status.PromptTokens);
        json.WriteNumber("computed", status.ComputedRows);
        json.WriteNumber("reused", status.ReusedTokens);
        json.WriteNumber("sampled", status.SampledTokens);
        json.WriteNumber("forced", status.ForcedTokens);
        json.WriteEndObject();
        if (status.PromptTokens > 0)
            json.WriteNumber("hit_rate", Math.Round(status.ReusedTokens / (double)status.PromptTokens, 4));
        else
            json.WriteNull("hit_rate");
        WritePool(json, status);
        TierStatusJson.Write(json, status);
        ReuseStatusJson.Write(json, status, tenantOf);
        WriteActivity(json, service.Activity.Snapshot());
    }

    private static void WritePool(Utf8JsonWriter json, EngineStatus status)
    {
        json.WriteStartObject("kv");
        json.WriteNumber("block_tokens", status.BlockRows);
        json.WriteStartObject("blocks");
        foreach (var (state, blocks) in EngineSnapshots.BlocksOf(status))
            json.WriteNumber(state, blocks);
        json.WriteEndObject();
        json.WriteNumber("total", status.TotalBlocks);
        json.WriteNumber("bytes", status.CommittedBytes);
        json.WriteEndObject();
    }

    private static void WriteActivity(Utf8JsonWriter json, ActivitySnapshot activity)
    {
        json.WriteStartObject("latency_ms");
        WriteQuantiles(json, "ttft", activity.FirstToken);
        WriteQuantiles(json, "token", activity.Token);
        WriteQuantiles(json, "queue", activity.Queue);
        json.WriteEndObject();
        json.WriteNumber("tokens_per_second", Math.Round(activity.TokensPerSecond, 1));
    }

    private static void WriteQuantiles(Utf8JsonWriter json, string name, LatencyQuantiles? quantiles)
    {
        if (quantiles is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteNumber("p50", Math.Round(quantiles.P50.TotalMilliseconds, 3));
        json.WriteNumber("p95", Math.Round(quantiles.P95.TotalMilliseconds, 3));
        json.WriteEndObject();
    }

    private static void WriteNulls(Utf8JsonWriter json, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            json.WriteNull(name);
    }
}

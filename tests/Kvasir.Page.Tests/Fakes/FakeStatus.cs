using System.Text.Json.Nodes;

namespace Kvasir.Page.Tests.Fakes;

/// <summary>What /kvasir/status and /v1/models say.</summary>
internal static class FakeStatus
{
    /// <summary>A server with one loaded model in these numbers and one that is not loaded.</summary>
    public static JsonObject Of(int running = 2, int waiting = 1, double speed = 123.4, bool draining = false) => new()
    {
        ["server"] = new JsonObject
        {
            ["version"] = "0.1.0",
            ["uptime_s"] = 7_384.2,
            ["draining"] = draining,
            ["requests"] = new JsonObject { ["active"] = running + waiting, ["finished"] = 1_204, ["failed"] = 0, ["cancelled"] = 7, ["refused"] = 3 },
        },
        ["models"] = new JsonArray(Loaded(running, waiting, speed), Unloaded("granite-4-micro")),
    };

    public static JsonObject Models(params ReadOnlySpan<(string Id, string State)> models)
    {
        var data = new JsonArray();
        foreach (var (id, state) in models)
        {
            data.Add((JsonNode)new JsonObject
            {
                ["id"] = id,
                ["object"] = "model",
                ["owned_by"] = "kvasir",
                ["kvasir"] = new JsonObject { ["state"] = state, ["context"] = 1024, ["aliases"] = new JsonArray(), ["base"] = id.Contains(':') ? id[..id.IndexOf(':')] : null },
            });
        }

        return new JsonObject { ["object"] = "list", ["data"] = data };
    }

    private static JsonObject Loaded(int running, int waiting, double speed) => new()
    {
        ["name"] = "kvasir-tiny",
        ["state"] = "ready",
        ["aliases"] = new JsonArray("default"),
        ["context"] = 8192,
        ["adapters"] = new JsonArray("law"),
        ["running"] = running,
        ["waiting"] = waiting,
        ["preemptions"] = 0,
        ["tokens"] = new JsonObject { ["prompt"] = 502_400, ["computed"] = 120_669, ["reused"] = 412_282, ["sampled"] = 30_551 },
        ["hit_rate"] = 0.8206,
        ["kv"] = new JsonObject
        {
            ["block_tokens"] = 32,
            ["blocks"] = new JsonObject { ["free"] = 212, ["reserved"] = 6, ["active"] = 58, ["cached"] = 234, ["quarantined"] = 2 },
            ["total"] = 512,
            ["bytes"] = 100_663_296,
        },
        ["latency_ms"] = new JsonObject
        {
            ["ttft"] = new JsonObject { ["p50"] = 18.31, ["p95"] = 96.2 },
            ["token"] = new JsonObject { ["p50"] = 8.125, ["p95"] = 11.7 },
            ["queue"] = new JsonObject { ["p50"] = 0.082, ["p95"] = 3.4 },
        },
        ["tokens_per_second"] = speed,
    };

    private static JsonObject Unloaded(string name) => new()
    {
        ["name"] = name,
        ["state"] = "unloaded",
        ["aliases"] = new JsonArray(),
        ["context"] = null,
        ["adapters"] = null,
        ["running"] = null,
        ["waiting"] = null,
        ["preemptions"] = null,
        ["tokens"] = null,
        ["hit_rate"] = null,
        ["kv"] = null,
        ["latency_ms"] = null,
        ["tokens_per_second"] = null,
    };
}

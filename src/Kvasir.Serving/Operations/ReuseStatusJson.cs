using System.Text.Json;
using Kvasir.Engine.Blending.Audit;
using Kvasir.Engine.Loop;

namespace Kvasir.Serving.Operations;

/// <summary>Reuse behind other prefixes and its audits, in the status.</summary>
internal static class ReuseStatusJson
{
    /// <param name="json">Where to.</param>
    /// <param name="status">The engine's state.</param>
    /// <param name="tenantOf">Names the tenant of a cache scope's label; null for one that the asker need not know of.</param>
    public static void Write(Utf8JsonWriter json, EngineStatus status, Func<string, string?> tenantOf)
    {
        var chunks = status.Chunks;
        json.WriteStartObject("chunks");
        json.WriteNumber("kept", chunks.Chunks);
        json.WriteNumber("blocks", chunks.Blocks);
        json.WriteNumber("lookups", chunks.Lookups);
        json.WriteNumber("hits", chunks.Hits);
        json.WriteNumber("evictions", chunks.Evictions);
        json.WriteNumber("prompts", chunks.Prompts);
        json.WriteNumber("blended_tokens", chunks.BlendedTokens);
        json.WriteNumber("repaired_tokens", chunks.RepairedTokens);
        json.WriteEndObject();
        WriteAudits(json, status.Audits, tenantOf);
    }

    /// <summary>Writes the property <c>audits</c>.</summary>
    public static void WriteAudits(Utf8JsonWriter json, IReadOnlyList<AuditStatus> audits, Func<string, string?> tenantOf)
    {
        json.WriteStartArray("audits");
        foreach (var audit in audits)
        {
            if (tenantOf(audit.Tenant) is not { } tenant)
                continue;
            json.WriteStartObject();
            json.WriteString("tenant", tenant);
            json.WriteString("policy", audit.Policy);
            json.WriteNumber("audits", audit.Audits);
            WriteReal(json, "divergence", audit.Divergence);
            WriteReal(json, "max_divergence", audit.MaxDivergence);
            WriteReal(json, "agreement", audit.Agreement);
            json.WriteBoolean("switched_off", audit.IsSwitchedOff);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteReal(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, Math.Round(value, 6));
        else
            json.WriteNull(name);
    }
}

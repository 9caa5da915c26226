using Kvasir.Serving.Json;
using Kvasir.Serving.Telemetry;
using Kvasir.Serving.Tenancy;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Operations;

/// <summary><c>GET /admin/audits</c>: what audits have found about approximate reuse, for every tenant.</summary>
internal sealed class AuditEndpoint(EngineSnapshots engines, TenantDirectory tenants)
{
    public async Task ListAsync(HttpContext http)
    {
        var latest = await engines.RefreshAsync().ConfigureAwait(false);
        await JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("models");
            foreach (var (model, status) in latest)
            {
                json.WriteStartObject();
                json.WriteString("name", model);
                ReuseStatusJson.WriteAudits(json, status.Audits, tenants.NameOf);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }
}

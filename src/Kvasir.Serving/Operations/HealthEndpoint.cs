using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Kvasir.Serving.Pipeline;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Operations;

/// <summary><c>GET /health</c>: the process answers. <c>GET /ready</c>: it takes requests.</summary>
internal sealed class HealthEndpoint(ModelRegistry models, DrainGate gate)
{
    public Task HealthAsync(HttpContext http) => WriteAsync(http, StatusCodes.Status200OK, "ok");

    public Task ReadyAsync(HttpContext http)
    {
        if (gate.IsClosed)
            return WriteAsync(http, StatusCodes.Status503ServiceUnavailable, "draining");
        var failed = models.Slots.Any(slot => slot.State == ModelState.Failed);
        return WriteAsync(http, StatusCodes.Status200OK, failed ? "degraded" : "ok");
    }

    private static Task WriteAsync(HttpContext http, int status, string state) => JsonResponse.WriteAsync(http, status, json =>
    {
        json.WriteStartObject();
        json.WriteString("status", state);
        json.WriteEndObject();
    });
}

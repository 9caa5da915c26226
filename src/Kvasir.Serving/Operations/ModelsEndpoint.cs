using System.Text.Json;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Operations;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/NAME</c>: the models and their loaded adapters.</summary>
internal sealed class ModelsEndpoint(ModelRegistry models)
{
    public Task ListAsync(HttpContext http) => JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (var slot in models.Slots)
        {
            Write(json, slot, null);
            foreach (var adapter in slot.Service?.Adapters ?? [])
                Write(json, slot, adapter.Name);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    public Task FindAsync(HttpContext http)
    {
        var (slot, adapter) = models.Find((string?)http.Request.RouteValues["name"]);
        return JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, slot, adapter));
    }

    private static void Write(Utf8JsonWriter json, ModelSlot slot, string? adapter)
    {
        json.WriteStartObject();
        json.WriteString("id", adapter is null ? slot.Name : $"{slot.Name}{ModelRegistry.AdapterSeparator}{adapter}");
        json.WriteString("object", "model");
        json.WriteNumber("created", slot.Created.ToUnixTimeSeconds());
        json.WriteString("owned_by", "kvasir");
        json.WriteStartObject("kvasir");
        json.WriteString("state", slot.State.ToString().ToLowerInvariant());
        if (slot.Service is { } service)
            json.WriteNumber("context", service.MaxContext);
        else
            json.WriteNull("context");
        if (slot.Service is { } loaded)
            json.WriteBoolean("encoder", loaded.Encoder is not null);
        else
            json.WriteNull("encoder");
        json.WriteStartArray("aliases");
        foreach (var alias in slot.Configuration.Aliases)
            json.WriteStringValue(alias);
        json.WriteEndArray();
        json.WriteString("base", adapter is null ? null : slot.Name);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}

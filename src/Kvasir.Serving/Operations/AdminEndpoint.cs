using System.Text.Json;
using Kvasir.Models;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Operations;

/// <summary>The operator's endpoints below <c>/admin</c>: models, adapters and caches of the running server.</summary>
internal sealed class AdminEndpoint(ModelRegistry models)
{
    private const int MaxAliases = 16;

    /// <summary><c>POST /admin/models</c> with path, and maybe name, aliases and load: adds a model.</summary>
    public async Task AddModelAsync(HttpContext http)
    {
        var body = await JsonBody.ReadAsync(http).ConfigureAwait(false);
        var model = new ModelConfiguration
        {
            Path = body.RequireText("path"),
            Name = body.Text("name"),
            Aliases = [.. (body.Array("aliases", MaxAliases) ?? []).Select(alias => alias.Value.ValueKind == JsonValueKind.String
                ? JsonFields.Read(alias.Value, alias.Path)
                : throw JsonFields.Wrong(alias.Path, "a string", alias.Value))],
        };
        var load = body.Flag("load") ?? true;
        if (models.Add(model) is { } problem)
            throw ApiException.Conflict("path", problem);
        if (load)
            await LoadAsync(model.EffectiveName, http.RequestAborted).ConfigureAwait(false);
        await OkAsync(http, model.EffectiveName).ConfigureAwait(false);
    }

    /// <summary><c>POST /admin/models/load</c> with model.</summary>
    public async Task LoadModelAsync(HttpContext http)
    {
        var body = await JsonBody.ReadAsync(http).ConfigureAwait(false);
        await LoadAsync(body.RequireText("model"), http.RequestAborted).ConfigureAwait(false);
        await OkAsync(http, body.RequireText("model")).ConfigureAwait(false);
    }

    /// <summary><c>POST /admin/models/unload</c> with model: its requests under way end first.</summary>
    public async Task UnloadModelAsync(HttpContext http)
    {
        var body = await JsonBody.ReadAsync(http).ConfigureAwait(false);
        var (slot, _) = models.Find(body.RequireText("model"));
        await slot.UnloadAsync().WaitAsync(http.RequestAborted).ConfigureAwait(false);
        await OkAsync(http, slot.Name).ConfigureAwait(false);
    }

    /// <summary><c>POST /admin/adapters/load</c> with model, name, path and maybe scale.</summary>
    public async Task LoadAdapterAsync(HttpContext http)
    {
        var body = await JsonBody.ReadAsync(http).ConfigureAwait(false);
        var (name, path) = (body.RequireText("name"), body.RequireText("path"));
        var scale = body.Number("scale", -1000, 1000) ?? 1;
        using var lease = await models.AcquireAsync(body.RequireText("model"), http.RequestAborted).ConfigureAwait(false);
        try
        {
            await Task.Run(() => lease.Service.Engine.LoadAdapter(name, path, scale), http.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ModelFormatException or UnsupportedModelException or IOException or UnauthorizedAccessException)
        {
            throw ApiException.Invalid("path", exception.Message, cause: exception);
        }

        await OkAsync(http, $"{lease.Service.Name}{ModelRegistry.AdapterSeparator}{name}").ConfigureAwait(false);
    }

    /// <summary><c>POST /admin/adapters/unload</c> with model and name: its answers under way end first.</summary>
    public async Task UnloadAdapterAsync(HttpContext http)
    {
        var body = await JsonBody.ReadAsync(http).ConfigureAwait(false);
        var name = body.RequireText("name");
        using var lease = await models.AcquireAsync(body.RequireText("model"), http.RequestAborted).ConfigureAwait(false);
        await lease.Service.Engine.UnloadAdapterAsync(name).WaitAsync(http.RequestAborted).ConfigureAwait(false);
        await OkAsync(http, $"{lease.Service.Name}{ModelRegistry.AdapterSeparator}{name}").ConfigureAwait(false);
    }

    /// <summary><c>POST /admin/cache/clear</c> with model, or for all models: forgets cached prefixes.</summary>
    public async Task ClearCacheAsync(HttpContext http)
    {
        var body = await JsonBody.ReadAsync(http).ConfigureAwait(false);
        var name = body.Text("model");
        foreach (var slot in name is null ? models.Slots : [models.Find(name).Slot])
        {
            if (slot.Service is not { } service || !service.TryUse())
                continue;
            try
            {
                if (service.Generator is { } generator)
                    await generator.ClearCacheAsync().ConfigureAwait(false);
            }
            finally
            {
                service.Release();
            }
        }

        await OkAsync(http, name).ConfigureAwait(false);
    }

    private async Task LoadAsync(string name, CancellationToken cancellation)
    {
        using var lease = await models.AcquireAsync(name, cancellation).ConfigureAwait(false);
    }

    private static Task OkAsync(HttpContext http, string? model) => JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("ok", true);
        json.WriteString("model", model);
        json.WriteEndObject();
    });
}

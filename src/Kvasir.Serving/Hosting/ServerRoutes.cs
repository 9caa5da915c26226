using Kvasir.Serving.Chat;
using Kvasir.Serving.Completions;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Embeddings;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Operations;
using Kvasir.Serving.Pipeline;
using Kvasir.Serving.Responses;
using Kvasir.Serving.Telemetry;
using Kvasir.Serving.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Hosting;

/// <summary>Which path leads where.</summary>
internal sealed class ServerRoutes(
    ServerConfiguration configuration,
    RequestPipeline pipeline,
    ModelRegistry models,
    EngineSnapshots engines,
    TenantDirectory tenants,
    ServerMetrics metrics,
    DrainGate gate,
    string version,
    TimeProvider time)
{
    public void Map(WebApplication application)
    {
        if (configuration.CorsOrigins.Count > 0)
            application.UseCors();
        MapMetrics(application);
        application.UseRouting();
        MapProtocol(application);
        MapOperations(application);
        if (configuration.Page)
            MapPage(application);
        if (configuration.Admin.Key is not null)
            MapAdmin(application);
        application.MapFallback(pipeline.Open(NotFoundAsync));
    }

    private void MapProtocol(WebApplication application)
    {
        var chat = new ChatEndpoint(models, configuration, time);
        var completions = new CompletionEndpoint(models, configuration, time);
        var list = new ModelsEndpoint(models);
        var tokens = new TokenEndpoint(models);
        application.MapPost("/v1/chat/completions", pipeline.Work("chat", chat.HandleAsync));
        application.MapPost("/v1/completions", pipeline.Work("text_completion", completions.HandleAsync));
        application.MapPost("/v1/responses", pipeline.Work("chat", new ResponseEndpoint(models, configuration, time).HandleAsync));
        application.MapPost("/v1/embeddings", pipeline.Work("embeddings", new EmbeddingEndpoint(models, configuration).HandleAsync));
        application.MapGet("/v1/models", pipeline.Look(list.ListAsync));
        application.MapGet("/v1/models/{**name}", pipeline.Look(list.FindAsync));
        application.MapPost("/tokenize", pipeline.Look(tokens.TokenizeAsync));
        application.MapPost("/detokenize", pipeline.Look(tokens.DetokenizeAsync));
    }

    private void MapOperations(WebApplication application)
    {
        var health = new HealthEndpoint(models, gate);
        application.MapGet("/health", pipeline.Open(health.HealthAsync));
        application.MapGet("/ready", pipeline.Open(health.ReadyAsync));
        application.MapGet("/kvasir/status", pipeline.Look(new StatusEndpoint(models, engines, tenants, metrics, gate, version, time).HandleAsync));
    }

    private void MapPage(WebApplication application)
    {
        var page = new PageEndpoint();
        application.MapGet("/", pipeline.Open(page.IndexAsync));
        application.MapGet("/page/{file}", pipeline.Open(page.FileAsync));
    }

    private void MapAdmin(WebApplication application)
    {
        var admin = new AdminEndpoint(models);
        application.MapGet("/admin/audits", Admin(new AuditEndpoint(engines, tenants).ListAsync));
        application.MapPost("/admin/models", Admin(admin.AddModelAsync));
        application.MapPost("/admin/models/load", Admin(admin.LoadModelAsync));
        application.MapPost("/admin/models/unload", Admin(admin.UnloadModelAsync));
        application.MapPost("/admin/adapters/load", Admin(admin.LoadAdapterAsync));
        application.MapPost("/admin/adapters/unload", Admin(admin.UnloadAdapterAsync));
        application.MapPost("/admin/cache/clear", Admin(admin.ClearCacheAsync));
    }

    /// <summary>Only by the operator's addresses; elsewhere there is no such path.</summary>
    private RequestDelegate Admin(Func<HttpContext, Task> handle)
    {
        var (allowed, elsewhere) = (pipeline.Admin(handle), pipeline.Open(NotFoundAsync));
        return http => ListenAddress.IsOperator(http) ? allowed(http) : elsewhere(http);
    }

    private static Task NotFoundAsync(HttpContext http) => throw ApiException.NotFound(
        null, "not_found", $"there is no {http.Request.Method} {http.Request.Path}; the server's documentation lists what there is");

    private void MapMetrics(WebApplication application) => application.Map("/metrics", branch =>
    {
        branch.Use(next => http =>
        {
            var handle = async (HttpContext context) =>
            {
                await engines.RefreshAsync().ConfigureAwait(false);
                await next(context).ConfigureAwait(false);
            };
            return (configuration.Telemetry.MetricsNeedKey ? pipeline.Look(handle) : pipeline.Open(handle))(http);
        });
        branch.UseOpenTelemetryPrometheusScrapingEndpoint(_ => true);
    });
}

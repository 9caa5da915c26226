using Kvasir.Engine;

namespace Kvasir.Serving.Configuration;

/// <summary>How a server is set up. Made in code, or read by <see cref="ConfigurationFile"/>.</summary>
public sealed record ServerConfiguration
{
    /// <summary>Addresses of the API and the page, e.g. <c>http://127.0.0.1:8080</c>; port 0 takes a free one.</summary>
    public IReadOnlyList<string> Listen { get; init; } = ["http://127.0.0.1:8080"];

    /// <summary>Whether the page is served at <c>/</c>.</summary>
    public bool Page { get; init; } = true;

    /// <summary>Origins of browsers' pages that may call the API; none by default.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    /// <summary>The models, at least one; the first is the default.</summary>
    public required IReadOnlyList<ModelConfiguration> Models { get; init; }

    /// <summary>Most memory of loaded models together, bytes: weights and KV pools. Idle ones go first. No limit when null.</summary>
    public long? ModelMemory { get; init; }

    /// <summary>Who may use the server; empty for everybody who can reach it.</summary>
    public IReadOnlyList<TenantConfiguration> Tenants { get; init; } = [];

    /// <summary>What is refused, and when.</summary>
    public LimitConfiguration Limits { get; init; } = new();

    /// <summary>Reuse that is not a prefix.</summary>
    public ReuseConfiguration Reuse { get; init; } = new();

    /// <summary>How much of prompts stays in the KV cache.</summary>
    public CompressionConfiguration Compression { get; init; } = new();

    /// <summary>What tenants share.</summary>
    public CacheConfiguration Cache { get; init; } = new();

    /// <summary>The operator's endpoints.</summary>
    public AdminConfiguration Admin { get; init; } = new();

    /// <summary>What is told to whom.</summary>
    public TelemetryConfiguration Telemetry { get; init; } = new();

    /// <summary>How long requests under way may go on after the server was told to stop.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    internal static ServerConfiguration Read(SettingReader settings)
    {
        var fallback = new ServerConfiguration { Models = [] };
        var model = settings.Text("model", null, "Path of the model that is served: a .gguf file or a Hugging Face folder. Several: see models.");
        var engine = settings.Section("engine", inner => EngineSettings.Read(inner, new EngineOptions()), "How the engines of all models are set up.");
        var reuse = settings.Section("reuse", inner => ReuseConfiguration.Read(inner, fallback.Reuse), "Reuse of text that recurs behind another prefix. Answers are then approximate.");
        var compression = settings.Section("kv", inner => CompressionConfiguration.Read(inner, fallback.Compression), "How much of long prompts stays in the KV cache. Answers are then approximate.");
        var listen = settings.Texts("listen", fallback.Listen, "Addresses of the API and the page; port 0 takes a free one.");
        var apiKey = settings.Secret("apiKey", "The key that clients must send, where there is one tenant only. Several: see tenants.");
        var configuration = new ServerConfiguration
        {
            Listen = listen,
            Page = settings.Flag("page", fallback.Page, "Whether the page is served at /."),
            CorsOrigins = settings.Texts("corsOrigins", fallback.CorsOrigins, "Origins of pages in browsers that may call the API, e.g. https://chat.example.org."),
            Models = settings.List("models", inner => ModelConfiguration.Read(inner, engine), "The models; the first is the default."),
            ModelMemory = settings.Size("modelMemory", fallback.ModelMemory, "Most memory of loaded models together; idle ones are unloaded first. No limit by default."),
            Tenants = settings.List("tenants", inner => TenantConfiguration.Read(inner, reuse, compression), "Who may use the server. Without any, everybody who can reach it."),
            Limits = settings.Section("limits", LimitConfiguration.Read, "What is refused, and when."),
            Reuse = reuse,
            Compression = compression,
            Cache = settings.Section("cache", CacheConfiguration.Read, "What tenants share."),
            Admin = settings.Section("admin", AdminConfiguration.Read, "The operator's endpoints."),
            Telemetry = settings.Section("telemetry", TelemetryConfiguration.Read, "Traces and metrics."),
            DrainTimeout = settings.Time("drainTimeout", fallback.DrainTimeout, "How long requests under way may go on after the server was told to stop.")!.Value,
        };
        if (model is not null)
            configuration = configuration with { Models = [new ModelConfiguration { Path = model, Engine = engine }, .. configuration.Models] };
        if (apiKey is not null)
            configuration = configuration with { Tenants = [new TenantConfiguration { Name = TenantConfiguration.Single, Keys = [apiKey] }, .. configuration.Tenants] };
        return configuration;
    }
}

namespace Kvasir.Serving.Configuration;

/// <summary>The operator's endpoints: loading and unloading of models and adapters, clearing of caches.</summary>
public sealed record AdminConfiguration
{
    /// <summary>The key; without one there are no such endpoints.</summary>
    public string? Key { get; init; }

    /// <summary>Addresses of the endpoints; loopback by default.</summary>
    public IReadOnlyList<string> Listen { get; init; } = ["http://127.0.0.1:8081"];

    internal static AdminConfiguration Read(SettingReader settings) => new()
    {
        Key = settings.Secret("key", "The key of the operator; without one there are no admin endpoints."),
        Listen = settings.Texts("listen", new AdminConfiguration().Listen, "Addresses of the admin endpoints."),
    };
}

namespace Kvasir.Serving.Configuration;

/// <summary>Somebody who may use the server: keys, a cache of his own, and limits.</summary>
public sealed record TenantConfiguration
{
    /// <summary>The tenant of the setting <c>apiKey</c>.</summary>
    internal const string Single = "default";

    /// <summary>The name; it is seen in logs and metrics.</summary>
    public required string Name { get; init; }

    /// <summary>The API keys that stand for him.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Most requests under way at once; <see cref="LimitConfiguration.TenantRequests"/> when null.</summary>
    public int? MaxRequests { get; init; }

    /// <summary>Whether his requests may choose the public scope, where the operator allows it at all.</summary>
    public bool PublicScope { get; init; } = true;

    /// <summary>Reuse that is not a prefix for his requests; <see cref="ServerConfiguration.Reuse"/> when null.</summary>
    public ReuseConfiguration? Reuse { get; init; }

    /// <summary>How much of his prompts stays in the KV cache; <see cref="ServerConfiguration.Compression"/> when null.</summary>
    public CompressionConfiguration? Compression { get; init; }

    internal static TenantConfiguration Read(SettingReader settings, ReuseConfiguration reuse, CompressionConfiguration compression) => new()
    {
        Name = settings.Text("name", null, "The name; it is seen in logs and metrics.") ?? "",
        Keys = settings.Secrets("keys", "The API keys that stand for the tenant."),
        MaxRequests = settings.Number("maxRequests", null, 1, "Most requests under way at once. Default: limits.tenantRequests."),
        PublicScope = settings.Flag("publicScope", true, "Whether requests may choose the public scope, where cache.publicScope allows it."),
        Reuse = settings.Section("reuse", inner => ReuseConfiguration.Read(inner, reuse), "Reuse behind other prefixes, where that differs from the others."),
        Compression = settings.Section("kv", inner => CompressionConfiguration.Read(inner, compression), "How much of prompts stays in the KV cache, where that differs from the others."),
    };
}

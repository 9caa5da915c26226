namespace Kvasir.Serving.Configuration;

/// <summary>What tenants share (guarantee G4).</summary>
public sealed record CacheConfiguration
{
    /// <summary>Whether a request may put its KV into the scope that all tenants see, with <c>kvasir.scope: "public"</c>.</summary>
    public bool PublicScope { get; init; }

    /// <summary>What tenants' salts are made from; random for each start when null.</summary>
    public string? Secret { get; init; }

    internal static CacheConfiguration Read(SettingReader settings) => new()
    {
        PublicScope = settings.Flag("publicScope", false, "Whether a request may choose the scope that all tenants share, e.g. for a common system prompt."),
        Secret = settings.Secret("secret", "What tenants' cache salts are made from. Default: a file beside a cache that outlives the process; else random for each start."),
    };
}

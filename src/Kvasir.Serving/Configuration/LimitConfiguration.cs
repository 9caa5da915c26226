namespace Kvasir.Serving.Configuration;

/// <summary>What a server refuses, so that overload slows nobody who was accepted (guarantee G5).</summary>
public sealed record LimitConfiguration
{
    /// <summary>Largest body, bytes; 413 above.</summary>
    public long MaxBody { get; init; } = 8L << 20;

    /// <summary>Most tokens of a prompt; what the context holds when null. 400 above.</summary>
    public int? MaxPromptTokens { get; init; }

    /// <summary>Longest wait before an answer is begun; 503 after it. No limit when zero.</summary>
    public TimeSpan QueueTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Most requests under way of one tenant; 429 above.</summary>
    public int TenantRequests { get; init; } = 256;

    /// <summary>Longest time of a whole request; it ends with what it has. No limit when zero.</summary>
    public TimeSpan RequestTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Most connections at once.</summary>
    public int Connections { get; init; } = 2048;

    /// <summary>A client that takes none of its answer for so long is disconnected.</summary>
    public TimeSpan SlowReader { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><see cref="QueueTime"/> as the engine takes it.</summary>
    internal TimeSpan? QueueTimeout => QueueTime > TimeSpan.Zero ? QueueTime : null;

    internal static LimitConfiguration Read(SettingReader settings)
    {
        var fallback = new LimitConfiguration();
        return new LimitConfiguration
        {
            MaxBody = settings.Size("maxBody", fallback.MaxBody, "Largest body of a request; 413 above.")!.Value,
            MaxPromptTokens = settings.Number("maxPromptTokens", fallback.MaxPromptTokens, 1, "Most tokens of a prompt; 400 above. Default: what the context holds."),
            QueueTime = settings.Time("queueTime", fallback.QueueTime, "Longest wait before an answer is begun; 503 after it.")!.Value,
            TenantRequests = settings.Number("tenantRequests", fallback.TenantRequests, 1, "Most requests under way of one tenant; 429 above.")!.Value,
            RequestTime = settings.Time("requestTime", fallback.RequestTime, "Longest time of a whole request.")!.Value,
            Connections = settings.Number("connections", fallback.Connections, 1, "Most connections at once.")!.Value,
            SlowReader = settings.Time("slowReader", fallback.SlowReader, "A client that takes none of its answer for so long is disconnected.")!.Value,
        };
    }
}

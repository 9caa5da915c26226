namespace Kvasir.Serving.Configuration;

/// <summary>Traces, metrics and logs.</summary>
public sealed record TelemetryConfiguration
{
    /// <summary>Where traces and metrics are sent by OTLP, e.g. <c>http://localhost:4317</c>; nowhere when null.</summary>
    public string? Otlp { get; init; }

    /// <summary>Whether traces hold prompts and answers.</summary>
    public bool Content { get; init; }

    /// <summary>Whether <c>/metrics</c> needs an API key where there are keys.</summary>
    public bool MetricsNeedKey { get; init; }

    /// <summary>The least level that is logged.</summary>
    public string LogLevel { get; init; } = "information";

    internal static TelemetryConfiguration Read(SettingReader settings)
    {
        var fallback = new TelemetryConfiguration();
        return new TelemetryConfiguration
        {
            Otlp = settings.Text("otlp", null, "Where traces and metrics are sent by OTLP over gRPC, e.g. http://localhost:4317. Default: nowhere."),
            Content = settings.Flag("content", fallback.Content, "Whether traces hold prompts and answers."),
            MetricsNeedKey = settings.Flag("metricsNeedKey", fallback.MetricsNeedKey, "Whether /metrics needs an API key where there are keys."),
            LogLevel = settings.Choice("logLevel", fallback.LogLevel, ["trace", "debug", "information", "warning", "error", "none"], "The least level that is logged."),
        };
    }
}

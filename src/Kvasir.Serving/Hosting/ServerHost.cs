using Kvasir.Serving.Configuration;
using Kvasir.Serving.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Kvasir.Serving.Hosting;

/// <summary>Sets up Kestrel, logging and telemetry.</summary>
internal static class ServerHost
{
    /// <summary>A client has to take this many bytes a second once its patience is over (limits.slowReader).</summary>
    private const double SlowestBytesPerSecond = 240;

    private static readonly TimeSpan ShortestGrace = TimeSpan.FromSeconds(2);

    /// <summary>The standard variable for where telemetry goes.</summary>
    private const string OtlpVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static WebApplication Create(ServerConfiguration configuration)
    {
        // No files, variables or arguments of ASP.NET Core: the server has a configuration of its own.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "kvasir" });
        builder.Services.AddSingleton<IHostLifetime, CallerLifetime>();
        builder.Services.AddRoutingCore();
        if (configuration.CorsOrigins.Count > 0)
            builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy.WithOrigins([.. configuration.CorsOrigins]).AllowAnyHeader().AllowAnyMethod()));
        AddKestrel(builder, configuration);
        AddLogging(builder.Logging, configuration.Telemetry);
        AddTelemetry(builder.Services, configuration.Telemetry);
        return builder.Build();
    }

    private static void AddKestrel(WebApplicationBuilder builder, ServerConfiguration configuration)
    {
        var limits = configuration.Limits;
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = limits.MaxBody;
            kestrel.Limits.MaxConcurrentConnections = limits.Connections;
            kestrel.Limits.MinResponseDataRate = limits.SlowReader == TimeSpan.Zero
                ? null
                : new MinDataRate(SlowestBytesPerSecond, limits.SlowReader > ShortestGrace ? limits.SlowReader : ShortestGrace);
            foreach (var address in configuration.Listen)
                ListenAddress.Parse(address).Bind(kestrel, forOperator: false);
            foreach (var address in configuration.Admin.Key is null ? [] : configuration.Admin.Listen)
                ListenAddress.Parse(address).Bind(kestrel, forOperator: true);
        });
    }

    private static void AddLogging(ILoggingBuilder logging, TelemetryConfiguration telemetry)
    {
        logging.SetMinimumLevel(Enum.Parse<LogLevel>(telemetry.LogLevel, ignoreCase: true));
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    private static void AddTelemetry(IServiceCollection services, TelemetryConfiguration telemetry)
    {
        var otlp = telemetry.Otlp ?? Environment.GetEnvironmentVariable(OtlpVariable);
        var open = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("kvasir", serviceVersion: KvasirServer.Version))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(ServerMetrics.SourceName).AddPrometheusExporter(prometheus => prometheus.ScrapeResponseCacheDurationMilliseconds = 0);
                if (otlp is not null)
                    metrics.AddOtlpExporter(exporter => exporter.Endpoint = new Uri(otlp));
            });
        if (otlp is not null)
            open.WithTracing(traces => traces.AddSource(ServerMetrics.SourceName).AddOtlpExporter(exporter => exporter.Endpoint = new Uri(otlp)));
    }

    /// <summary>The caller of the server says when it ends, not the host.</summary>
    private sealed class CallerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

using System.Reflection;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Pipeline;
using Kvasir.Serving.Telemetry;
using Kvasir.Serving.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Kvasir.Serving;

/// <summary>The server: models behind the OpenAI protocol, with tenants, limits, metrics and a page.</summary>
/// <example>
/// <code>
/// await using var server = await KvasirServer.StartAsync(new ServerConfiguration { Models = [new() { Path = "model.gguf" }] });
/// Console.WriteLine(server.Addresses[0]);
/// await server.WaitAsync(stop); // drains when stop is cancelled
/// </code>
/// </example>
public sealed class KvasirServer : IAsyncDisposable
{
    private readonly ServerConfiguration _configuration;
    private readonly TimeProvider _time;
    private readonly WebApplication _application;
    private readonly ModelRegistry _models;
    private readonly ServerMetrics _metrics;
    private readonly AuditWatch _audits;
    private readonly DrainGate _gate = new();

    private KvasirServer(ServerConfiguration configuration, TimeProvider time)
    {
        _configuration = configuration;
        _time = time;
        ReuseChecks.Check(configuration);
        var tenants = new TenantDirectory(configuration);
        _application = ServerHost.Create(configuration);
        var logs = _application.Services.GetRequiredService<ILoggerFactory>();
        _models = new ModelRegistry(configuration, time, logs.CreateLogger<ModelRegistry>());
        var engines = new EngineSnapshots(_models, tenants);
        _metrics = new ServerMetrics(engines);
        _audits = new AuditWatch(engines, tenants, time, logs.CreateLogger<AuditWatch>());
        var pipeline = new RequestPipeline(configuration, tenants, _gate, _metrics, time, logs.CreateLogger<RequestPipeline>());
        var routes = new ServerRoutes(configuration, pipeline, _models, engines, tenants, _metrics, _gate, Version, time);
        routes.Map(_application);
    }

    /// <summary>The version of this server.</summary>
    public static string Version { get; } =
        typeof(KvasirServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>Addresses of the API and the page.</summary>
    public IReadOnlyList<string> Addresses => [.. Bound.Take(_configuration.Listen.Count)];

    /// <summary>Addresses of the operator's endpoints.</summary>
    public IReadOnlyList<string> AdminAddresses => [.. Bound.Skip(_configuration.Listen.Count)];

    private ICollection<string> Bound => _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;

    /// <summary>Loads the models that are to be there from the start, and listens.</summary>
    /// <exception cref="ConfigurationException">The configuration cannot be used.</exception>
    /// <exception cref="IOException">An address is taken.</exception>
    public static async Task<KvasirServer> StartAsync(ServerConfiguration configuration, TimeProvider? time = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var server = new KvasirServer(configuration, time ?? TimeProvider.System);
        try
        {
            await server._models.StartAsync(cancellation).ConfigureAwait(false);
            if (configuration.Models.Any(model => model.Engine.Audit.Rate > 0))
                server._audits.Start();
            await server._application.StartAsync(cancellation).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waits until <paramref name="stop"/> is cancelled, then drains: requests under way end, further ones are refused.</summary>
    /// <param name="stop">The server is to stop.</param>
    /// <param name="atOnce">It is to stop without waiting for the requests under way.</param>
    public async Task WaitAsync(CancellationToken stop, CancellationToken atOnce = default)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (stop.Register(() => stopped.TrySetResult()))
            await stopped.Task.ConfigureAwait(false);
        await _gate.CloseAsync(_configuration.DrainTimeout, _time, atOnce).ConfigureAwait(false);
        await _application.StopAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _gate.CloseAsync(TimeSpan.Zero, _time, CancellationToken.None).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
        await _audits.DisposeAsync().ConfigureAwait(false);
        await _models.DisposeAsync().ConfigureAwait(false);
        _metrics.Dispose();
        _gate.Dispose();
    }
}

using Kvasir.Engine.Loop;
using Kvasir.Serving.Telemetry;
using Kvasir.Serving.Tenancy;
using Microsoft.Extensions.Logging;

namespace Kvasir.Serving.Hosting;

/// <summary>Says in the log when audits have switched a policy off for a tenant (guarantee G2).</summary>
internal sealed partial class AuditWatch(EngineSnapshots engines, TenantDirectory tenants, TimeProvider time, ILogger<AuditWatch> log) : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly HashSet<(string Model, string Tenant, string Policy)> _said = [];
    private readonly CancellationTokenSource _stopped = new();
    private Task _watching = Task.CompletedTask;

    /// <summary>Begins to watch.</summary>
    public void Start() => _watching = WatchAsync(_stopped.Token);

    /// <summary>Says what is new.</summary>
    public void Look(IReadOnlyList<(string Model, EngineStatus Status)> latest)
    {
        foreach (var (model, status) in latest)
        {
            foreach (var audit in status.Audits)
            {
                if (!audit.IsSwitchedOff)
                    _said.Remove((model, audit.Tenant, audit.Policy));
                else if (_said.Add((model, audit.Tenant, audit.Policy)))
                    LogSwitchedOff(audit.Policy, tenants.NameOf(audit.Tenant), model, audit.Audits, audit.Divergence, audit.Agreement);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _stopped.Dispose();
    }

    private async Task WatchAsync(CancellationToken stopped)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopped).ConfigureAwait(false))
                Look(await engines.RefreshAsync().ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "reuse policy '{Policy}' is switched off for tenant {Tenant} on model {Model}: in {Audits} audits the first token diverged by {Divergence:0.000} nats and {Agreement:P0} of the tokens agreed; its prompts are computed in full until the model is loaded again")]
    private partial void LogSwitchedOff(string policy, string tenant, string model, long audits, double divergence, double agreement);
}

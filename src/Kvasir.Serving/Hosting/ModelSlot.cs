using Kvasir.Serving.Configuration;
using Kvasir.Serving.Errors;

namespace Kvasir.Serving.Hosting;

/// <summary>A model that the server offers, in memory or not.</summary>
internal sealed class ModelSlot(ModelConfiguration configuration, TimeProvider time)
{
    private readonly Lock _gate = new();
    private ModelService? _service;
    private Task<ModelService>? _loading;
    private string? _failure;
    private int _leases;
    private long _lastUse = time.GetTimestamp();

    public string Name { get; } = configuration.EffectiveName;

    public ModelConfiguration Configuration => configuration;

    /// <summary>When the server learnt of it.</summary>
    public DateTimeOffset Created { get; } = time.GetUtcNow();

    public ModelState State
    {
        get
        {
            lock (_gate)
            {
                return _service is not null ? ModelState.Ready
                    : _loading is not null ? ModelState.Loading
                    : _failure is not null ? ModelState.Failed : ModelState.Unloaded;
            }
        }
    }

    /// <summary>The loaded model, or null; for looking at, not for requests.</summary>
    public ModelService? Service
    {
        get
        {
            lock (_gate)
                return _service;
        }
    }

    /// <summary>How long nobody has used it; null while somebody does or it is not loaded.</summary>
    public TimeSpan? Idle
    {
        get
        {
            lock (_gate)
                return _service is null || _leases > 0 ? null : time.GetElapsedTime(_lastUse);
        }
    }

    /// <summary>Memory that it takes or would take, bytes: its file and the KV budget, where that is known.</summary>
    public long Bytes { get; } = FileBytes(configuration.Path) + (configuration.Engine.KvBudgetBytes ?? 0);

    /// <summary>Uses the model, loading it where that is needed.</summary>
    /// <param name="adapter">The adapter that the request named.</param>
    /// <param name="load">Loads it; called by one at a time.</param>
    /// <param name="cancellation">Ends the wait, not the loading.</param>
    public async Task<ModelLease> AcquireAsync(string? adapter, Func<Task<ModelService>> load, CancellationToken cancellation)
    {
        while (true)
        {
            Task<ModelService> loading;
            lock (_gate)
            {
                if (_service is { } ready && ready.TryUse())
                {
                    _leases++;
                    return new ModelLease(this, ready, adapter);
                }

                loading = _loading ??= LoadAsync(load);
            }

            try
            {
                await loading.WaitAsync(cancellation).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not (OperationCanceledException or ApiException))
            {
                throw ApiException.Unavailable("model_unavailable", $"the model {Name} could not be loaded: {exception.Message}", TimeSpan.FromSeconds(10), exception);
            }
        }
    }

    /// <summary>Takes the model out of memory when its requests under way have ended; the task ends then.</summary>
    public Task UnloadAsync()
    {
        ModelService? service;
        lock (_gate)
        {
            service = _service;
            _service = null;
        }

        service?.Retire();
        return service?.Freed ?? Task.CompletedTask;
    }

    /// <summary>Ends a lease.</summary>
    public void Release(ModelService service)
    {
        lock (_gate)
        {
            _leases--;
            _lastUse = time.GetTimestamp();
        }

        service.Release();
    }

    private async Task<ModelService> LoadAsync(Func<Task<ModelService>> load)
    {
        // The lock is held by the caller until the first await, so nothing here may need it before.
        await Task.Yield();
        try
        {
            var service = await load().ConfigureAwait(false);
            lock (_gate)
            {
                _service = service;
                _lastUse = time.GetTimestamp();
                (_loading, _failure) = (null, null);
            }

            return service;
        }
        catch (Exception exception)
        {
            lock (_gate)
                (_loading, _failure) = (null, exception.Message);
            throw;
        }
    }

    private static long FileBytes(string path)
    {
        if (File.Exists(path))
            return new FileInfo(path).Length;
        return Directory.Exists(path) ? new DirectoryInfo(path).EnumerateFiles().Sum(file => file.Length) : 0;
    }
}

using System.Text.RegularExpressions;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Errors;
using Microsoft.Extensions.Logging;

namespace Kvasir.Serving.Hosting;

/// <summary>The models of the server: finds them by name, loads them when they are needed, unloads them when they are idle.</summary>
internal sealed partial class ModelRegistry(ServerConfiguration configuration, TimeProvider time, ILogger<ModelRegistry> log) : IAsyncDisposable
{
    /// <summary>Stands between a model's name and an adapter's.</summary>
    public const char AdapterSeparator = ':';

    /// <summary>The name that always means the first model.</summary>
    public const string DefaultName = "default";

    private static readonly TimeSpan IdleCheck = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<ModelSlot> _slots = [];
    private readonly Dictionary<string, ModelSlot> _names = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _loading = new(1);
    private readonly CancellationTokenSource _stopped = new();
    private Task _idle = Task.CompletedTask;

    /// <summary>The models in their order.</summary>
    public IReadOnlyList<ModelSlot> Slots
    {
        get
        {
            lock (_gate)
                return [.. _slots];
        }
    }

    /// <summary>Takes over the configured models and loads those that are to be there from the start.</summary>
    /// <exception cref="ConfigurationException">A name cannot be used or is used twice.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        foreach (var model in configuration.Models)
        {
            if (Add(model) is { } problem)
                throw new ConfigurationException(problem);
        }

        if (_slots.Count == 0)
            throw new ConfigurationException("there is no model to serve; give model or models");
        foreach (var slot in _slots.Where((slot, i) => i == 0 || slot.Configuration.Preload))
        {
            using var lease = await slot.AcquireAsync(null, () => LoadAsync(slot), cancellation).ConfigureAwait(false);
        }

        _idle = UnloadIdleAsync(_stopped.Token);
    }

    /// <summary>Adds a model; it is loaded when it is needed.</summary>
    /// <returns>Why that is not possible, or null.</returns>
    public string? Add(ModelConfiguration model)
    {
        if (model.Path.Length == 0)
            return "a model lacks its path";
        if (!File.Exists(model.Path) && !Directory.Exists(model.Path))
            return $"the model {model.Path} is not there; give the path of a .gguf file or a Hugging Face folder";
        var slot = new ModelSlot(model, time);
        lock (_gate)
        {
            string[] names = [slot.Name, .. model.Aliases];
            foreach (var name in names)
            {
                if (!ModelName().IsMatch(name))
                    return $"the model name '{name}' cannot be used; use letters, digits, '.', '_', '-' and '/', at most 128";
                if (name == DefaultName || _names.ContainsKey(name))
                    return $"the model name '{name}' is taken; give another one with name or aliases";
            }

            _slots.Add(slot);
            foreach (var name in names)
                _names[name] = slot;
        }

        return null;
    }

    /// <summary>The model of a name.</summary>
    /// <param name="name">A name, an alias, one of them with an adapter (<c>model:adapter</c>), or null for the first model.</param>
    /// <exception cref="ApiException">There is no such model.</exception>
    public (ModelSlot Slot, string? Adapter) Find(string? name)
    {
        var at = name?.IndexOf(AdapterSeparator) ?? -1;
        var (model, adapter) = at < 0 ? (name, null) : (name![..at], name[(at + 1)..]);
        lock (_gate)
        {
            if (model is null or DefaultName)
                return (_slots[0], adapter);
            if (_names.TryGetValue(model, out var slot))
                return (slot, adapter);
        }

        throw ApiException.NotFound("model", "model_not_found", $"the model '{name}' does not exist; GET /v1/models lists those that do");
    }

    /// <summary>Uses a model, loading it where that is needed.</summary>
    /// <exception cref="ApiException">There is no such model or adapter, or it cannot be loaded now.</exception>
    public async Task<ModelLease> AcquireAsync(string? name, CancellationToken cancellation)
    {
        var (slot, adapter) = Find(name);
        var lease = await slot.AcquireAsync(adapter, () => LoadAsync(slot), cancellation).ConfigureAwait(false);
        if (adapter is null || lease.Service.Adapters.Any(loaded => loaded.Name == adapter))
            return lease;
        lease.Dispose();
        throw ApiException.NotFound("model", "model_not_found", $"the model {slot.Name} has no adapter '{adapter}'; GET /v1/models lists those that are loaded");
    }

    /// <summary>Ends all models.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync().ConfigureAwait(false);
        await _idle.ConfigureAwait(false);
        foreach (var slot in Slots)
            await slot.UnloadAsync().ConfigureAwait(false);
        _stopped.Dispose();
        _loading.Dispose();
    }

    private async Task<ModelService> LoadAsync(ModelSlot slot)
    {
        // One at a time, so that the memory of each is counted before the next.
        await _loading.WaitAsync(_stopped.Token).ConfigureAwait(false);
        try
        {
            await MakeRoomAsync(slot).ConfigureAwait(false);
            var started = time.GetTimestamp();
            var service = await Task.Run(() => ModelService.Load(slot.Configuration, time)).ConfigureAwait(false);
            LogLoaded(slot.Name, time.GetElapsedTime(started).TotalSeconds);
            return service;
        }
        catch (Exception exception) when (exception is not ApiException)
        {
            LogNotLoaded(exception, slot.Name);
            throw;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Unloads idle models, the longest idle first, until the new one fits.</summary>
    private async Task MakeRoomAsync(ModelSlot wanted)
    {
        if (configuration.ModelMemory is not { } limit)
            return;
        if (wanted.Bytes > limit)
            throw ApiException.Unavailable("model_unavailable", $"the model {wanted.Name} needs {Units.Size(wanted.Bytes)}, modelMemory allows {Units.Size(limit)}", TimeSpan.FromMinutes(1));
        while (true)
        {
            var loaded = Slots.Where(slot => slot.Service is not null).ToArray();
            if (loaded.Sum(slot => slot.Bytes) + wanted.Bytes <= limit)
                return;
            var idle = loaded.Where(slot => slot.Idle is not null).MaxBy(slot => slot.Idle)
                ?? throw ApiException.Unavailable("model_unavailable", $"there is no memory for the model {wanted.Name} while the others are in use; try again later", TimeSpan.FromSeconds(10));
            LogUnloaded(idle.Name, "its memory is needed");
            await idle.UnloadAsync().ConfigureAwait(false);
        }
    }

    private async Task UnloadIdleAsync(CancellationToken stopped)
    {
        using var timer = new PeriodicTimer(IdleCheck, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopped).ConfigureAwait(false))
            {
                foreach (var slot in Slots)
                {
                    if (slot.Configuration.IdleUnload is { Ticks: > 0 } limit && slot.Idle >= limit)
                    {
                        LogUnloaded(slot.Name, "nobody uses it");
                        await slot.UnloadAsync().ConfigureAwait(false);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9._/-]{1,128}\z")]
    private static partial Regex ModelName();

    [LoggerMessage(Level = LogLevel.Information, Message = "model {Model} loaded in {Seconds:0.00} s")]
    private partial void LogLoaded(string model, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "model {Model} unloaded: {Reason}")]
    private partial void LogUnloaded(string model, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "model {Model} could not be loaded")]
    private partial void LogNotLoaded(Exception exception, string model);
}

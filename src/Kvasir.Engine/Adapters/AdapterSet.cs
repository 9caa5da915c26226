using System.Globalization;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Receipts;
using Kvasir.Models;

namespace Kvasir.Engine.Adapters;

/// <summary>The adapters of an engine by name. Safe from any thread; files are read outside the lock.</summary>
internal sealed class AdapterSet(LoadedModel model) : IDisposable
{
    private const int MaxNameChars = 200;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, LoadedAdapter> _adapters = new(StringComparer.Ordinal);
    private readonly List<LoadedAdapter> _leaving = [];
    private bool _disposed;

    /// <summary>Loaded adapters, by name.</summary>
    public IReadOnlyList<AdapterInfo> Infos
    {
        get
        {
            lock (_gate)
                return [.. _adapters.Values.Select(Describe)];
        }
    }

    /// <summary>Memory of all adapters, those included that were unloaded and are still in use.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                ForgetFreed();
                return _adapters.Values.Sum(adapter => adapter.Bytes) + _leaving.Sum(adapter => adapter.Bytes);
            }
        }
    }

    /// <summary>Loads an adapter.</summary>
    /// <exception cref="ArgumentException">The name is empty, too long or taken, or the scale is not usable.</exception>
    public AdapterInfo Load(string name, string path, float scale)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > MaxNameChars)
            throw new ArgumentException($"an adapter's name has 1 to {MaxNameChars} characters, not {name?.Length ?? 0}", nameof(name));
        if (!float.IsFinite(scale))
            throw new ArgumentException($"an adapter's scale is a finite number, not {scale}", nameof(scale));
        ThrowIfTaken(name);
        var adapter = LoadedAdapter.Pack(name, AdapterFile.Open(path, model.Config), scale, model);
        lock (_gate)
        {
            if (!_disposed && _adapters.TryAdd(name, adapter))
                return Describe(adapter);
        }

        adapter.Release();
        ThrowIfTaken(name);
        throw new ArgumentException($"an adapter named {name} was loaded and unloaded at the same time; try again", nameof(name));
    }

    /// <summary>Forgets a name. The task ends when nobody uses the adapter and its memory is free.</summary>
    /// <exception cref="ArgumentException">There is no such adapter.</exception>
    public Task UnloadAsync(string name)
    {
        LoadedAdapter? adapter;
        lock (_gate)
        {
            if (!_adapters.Remove(name, out adapter))
                throw Unknown(name);
            ForgetFreed();
            _leaving.Add(adapter);
        }

        adapter.Release();
        return adapter.Freed;
    }

    /// <summary>The adapter of a name, with <paramref name="references"/> uses that the caller releases.</summary>
    /// <exception cref="ArgumentException">There is no such adapter.</exception>
    public LoadedAdapter Acquire(string name, int references)
    {
        lock (_gate)
        {
            if (!_adapters.TryGetValue(name, out var adapter))
                throw Unknown(name);
            adapter.AddReferences(references);
            return adapter;
        }
    }

    /// <summary>The name of a loaded adapter that computes the same as a receipt's.</summary>
    /// <exception cref="InvalidOperationException">None is loaded.</exception>
    public string RequireName(ReceiptAdapter used)
    {
        LoadedAdapter? found;
        lock (_gate)
            found = _adapters.Values.FirstOrDefault(adapter => adapter.Fingerprint == used.Fingerprint && adapter.Scale.Equals(used.Scale));
        return found?.Name ?? throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture,
            $"the receipt was written with the adapter {used.Name} (fingerprint {used.Fingerprint}, scale {used.Scale}), which is not loaded; load it first (--adapter)"));
    }

    /// <summary>Lets go of all adapters; those in use are freed when their last sequence ends.</summary>
    public void Dispose()
    {
        LoadedAdapter[] adapters;
        lock (_gate)
        {
            _disposed = true;
            adapters = [.. _adapters.Values];
            _adapters.Clear();
        }

        foreach (var adapter in adapters)
            adapter.Release();
    }

    private static AdapterInfo Describe(LoadedAdapter adapter) => new(
        adapter.Name, adapter.Path, adapter.Fingerprint, adapter.Scale, adapter.Rank, adapter.Bytes, adapter.References - 1);

    private void ForgetFreed() => _leaving.RemoveAll(adapter => adapter.Freed.IsCompleted);

    private void ThrowIfTaken(string name)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_adapters.ContainsKey(name))
                throw new ArgumentException($"an adapter named {name} is loaded already; unload it first, or choose another name", nameof(name));
        }
    }

    private ArgumentException Unknown(string name) => new(
        _adapters.Count == 0
            ? $"there is no adapter named {name}: none is loaded"
            : $"there is no adapter named {name}; loaded: {string.Join(", ", _adapters.Keys)}");
}

using System.Globalization;
using Kvasir.Compute;
using Kvasir.Models;

namespace Kvasir.Engine.Adapters;

/// <summary>
/// An adapter packed for the backend. Counts who uses it; the memory goes when the last user has let go. Safe from any thread.
/// </summary>
internal sealed class LoadedAdapter
{
    private readonly Dictionary<(WeightRole, int), LowRankPair> _pairs = [];
    private readonly TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _references = 1;

    private LoadedAdapter(string name, AdapterFile file, float scale)
    {
        Name = name;
        Path = file.Path;
        Fingerprint = file.Fingerprint;
        Scale = scale;
        Rank = file.Rank;

        // Numbers have one shortest text that reads back as the same bits. The version names how the product is added.
        ScopeText = string.Create(CultureInfo.InvariantCulture, $"lora/1;{Fingerprint};scale={scale:R}");
    }

    public string Name { get; }

    public string Path { get; }

    public string Fingerprint { get; }

    public float Scale { get; }

    public int Rank { get; }

    /// <summary>What stands in block keys for it: two adapters share KV exactly when they compute the same.</summary>
    public string ScopeText { get; }

    public long Bytes { get; private set; }

    /// <summary>Who uses it, the set that loaded it included.</summary>
    public int References => Volatile.Read(ref _references);

    /// <summary>Ends when its memory is free.</summary>
    public Task Freed => _freed.Task;

    /// <summary>Packs an adapter; the caller holds the first reference.</summary>
    public static LoadedAdapter Pack(string name, AdapterFile file, float scale, IComputeBackend backend)
    {
        var adapter = new LoadedAdapter(name, file, scale);
        try
        {
            foreach (var matrix in file.Matrices)
            {
                var pair = LowRankPair.Pack(backend, matrix, scale);
                adapter._pairs.Add((matrix.Role, matrix.Layer), pair);
                adapter.Bytes += pair.Bytes;
            }

            return adapter;
        }
        catch
        {
            adapter.Release();
            throw;
        }
    }

    /// <summary>What it adds to a matrix, or null.</summary>
    public LowRankPair? Find(WeightRole role, int layer) => _pairs.GetValueOrDefault((role, layer));

    /// <summary>Adds users; there is one already, who keeps it alive during the call.</summary>
    public void AddReferences(int count) => Interlocked.Add(ref _references, count);

    /// <summary>Lets go of <paramref name="count"/> uses.</summary>
    public void Release(int count = 1)
    {
        var left = Interlocked.Add(ref _references, -count);
        if (left < 0)
            throw new InvalidOperationException($"adapter {Name} was released more often than it was taken");
        if (left > 0)
            return;
        foreach (var pair in _pairs.Values)
            pair.Dispose();
        _freed.SetResult();
    }
}

using System.Globalization;
using Kvasir.Engine.Loading;
using Kvasir.Models;

namespace Kvasir.Engine.Adapters;

/// <summary>
/// An adapter packed for the backend. Counts who uses it; the memory goes when the last user has let go. Safe from any thread.
/// </summary>
internal sealed class LoadedAdapter
{
    private static readonly int FusedCount = Enum.GetValues<FusedMatrix>().Length;

    private readonly LowRankUpdate?[] _updates;
    private readonly TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _references = 1;

    private LoadedAdapter(string name, AdapterFile file, float scale, int layers)
    {
        Name = name;
        Path = file.Path;
        Fingerprint = file.Fingerprint;
        Scale = scale;
        _updates = new LowRankUpdate?[layers * FusedCount];

        // Numbers have one shortest text that reads back as the same bits. The version names how the product is added.
        ScopeText = string.Create(CultureInfo.InvariantCulture, $"lora/1;{Fingerprint};scale={scale:R}");
    }

    public string Name { get; }

    public string Path { get; }

    public string Fingerprint { get; }

    public float Scale { get; }

    /// <summary>The largest rank.</summary>
    public int Rank { get; private set; }

    /// <summary>The most ranks that are computed together: those of a fused matrix.</summary>
    public int FusedRanks { get; private set; }

    /// <summary>What stands in block keys for it: two adapters share KV exactly when they compute the same.</summary>
    public string ScopeText { get; }

    public long Bytes { get; private set; }

    /// <summary>Who uses it, the set that loaded it included.</summary>
    public int References => Volatile.Read(ref _references);

    /// <summary>Ends when its memory is free.</summary>
    public Task Freed => _freed.Task;

    /// <summary>Packs an adapter; the caller holds the first reference.</summary>
    public static LoadedAdapter Pack(string name, AdapterFile file, float scale, LoadedModel model)
    {
        var adapter = new LoadedAdapter(name, file, scale, model.Config.Layers);
        try
        {
            foreach (var group in file.Matrices.GroupBy(matrix => Index(matrix.Layer, Fused(matrix.Role))))
            {
                var update = LowRankUpdate.Pack(model.Backend, [.. group], role => FirstColumn(role, model.Config), scale);
                adapter._updates[group.Key] = update;
                adapter.Bytes += update.Bytes;
                adapter.Rank = Math.Max(adapter.Rank, update.Rank);
                adapter.FusedRanks = Math.Max(adapter.FusedRanks, update.A.N);
            }

            return adapter;
        }
        catch
        {
            adapter.Release();
            throw;
        }
    }

    /// <summary>What it adds to a fused matrix, or null.</summary>
    public LowRankUpdate? Find(int layer, FusedMatrix matrix) => _updates[Index(layer, matrix)];

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
        foreach (var update in _updates)
            update?.Dispose();
        _freed.SetResult();
    }

    private static int Index(int layer, FusedMatrix matrix) => (layer * FusedCount) + (int)matrix;

    private static FusedMatrix Fused(WeightRole role) => role switch
    {
        WeightRole.Query or WeightRole.Key or WeightRole.Value => FusedMatrix.QueryKeyValue,
        WeightRole.AttentionOutput => FusedMatrix.AttentionOutput,
        WeightRole.Gate or WeightRole.Up => FusedMatrix.GateUp,
        WeightRole.Down => FusedMatrix.Down,
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "no adapter changes this weight"),
    };

    private static int FirstColumn(WeightRole role, ModelConfig config) => role switch
    {
        WeightRole.Key => config.QueryHeads * config.HeadDim,
        WeightRole.Value => (config.QueryHeads + config.KvHeads) * config.HeadDim,
        WeightRole.Up => config.IntermediateSize,
        _ => 0,
    };
}

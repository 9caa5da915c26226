using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Loading;

/// <summary>A layer's mixture of experts.</summary>
internal sealed class ExpertWeights : IDisposable
{
    public ExpertWeights(WeightPacking packing, int layer)
    {
        var config = packing.Config.Experts!;
        Router = packing.Stack(layer, WeightRole.Router);
        RouterBias = packing.MaybeVector(WeightRole.RouterBias, layer);
        Correction = packing.MaybeVector(WeightRole.RouterCorrection, layer);
        Experts = [.. Enumerable.Range(0, config.Count).Select(expert => BlockWeights.Expert(packing, layer, expert))];
        Shared = config.SharedWidth > 0 ? BlockWeights.Shared(packing, layer) : null;
        SharedGate = config is { SharedWidth: > 0, SharedGated: true } ? packing.Stack(layer, WeightRole.SharedExpertGate) : null;
    }

    /// <summary><c>[experts, hidden]</c>.</summary>
    public PackedMatrix Router { get; }

    public NativeBuffer? RouterBias { get; }

    /// <summary>Added to the scores for the choice, <c>[experts]</c>, or null.</summary>
    public NativeBuffer? Correction { get; }

    public BlockWeights[] Experts { get; }

    public BlockWeights? Shared { get; }

    /// <summary><c>[1, hidden]</c>, or null.</summary>
    public PackedMatrix? SharedGate { get; }

    public IEnumerable<PackedMatrix> Matrices => (Shared is null ? Experts : [.. Experts, Shared])
        .SelectMany(block => new[] { block.Inner, block.Down })
        .Append(Router)
        .Concat(SharedGate is null ? [] : [SharedGate]);

    public void Dispose()
    {
        Router.Dispose();
        RouterBias?.Dispose();
        Correction?.Dispose();
        foreach (var expert in Experts)
            expert.Dispose();
        Shared?.Dispose();
        SharedGate?.Dispose();
    }
}

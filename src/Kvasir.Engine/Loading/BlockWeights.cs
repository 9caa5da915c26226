using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Loading;

/// <summary>One feed-forward block: of a layer, of an expert, or the one that every token goes through.</summary>
internal sealed class BlockWeights : IDisposable
{
    private BlockWeights(PackedMatrix inner, NativeBuffer? innerBias, PackedMatrix down, NativeBuffer? downBias, int width)
    {
        Inner = inner;
        InnerBias = innerBias;
        Down = down;
        DownBias = downBias;
        Width = width;
    }

    /// <summary>Gate and up projections, stacked <c>[2 * width, hidden]</c>, or the up projection alone.</summary>
    public PackedMatrix Inner { get; }

    public NativeBuffer? InnerBias { get; }

    /// <summary><c>[hidden, width]</c>.</summary>
    public PackedMatrix Down { get; }

    public NativeBuffer? DownBias { get; }

    public int Width { get; }

    public static BlockWeights Dense(WeightPacking packing, int layer)
    {
        var config = packing.Config;
        var width = config.IntermediateSize;
        return new BlockWeights(
            config.Gated ? packing.Stack(layer, WeightRole.Gate, WeightRole.Up) : packing.Stack(layer, WeightRole.Up),
            config.Gated
                ? packing.MaybeStack(layer, 0, (WeightRole.GateBias, width), (WeightRole.UpBias, width))
                : packing.MaybeVector(WeightRole.UpBias, layer),
            packing.Stack(layer, WeightRole.Down),
            packing.MaybeVector(WeightRole.DownBias, layer),
            width);
    }

    public static BlockWeights Expert(WeightPacking packing, int layer, int expert)
    {
        var width = packing.Config.Experts!.Width;
        return new BlockWeights(
            packing.StackAt(layer, expert, WeightRole.ExpertGate, WeightRole.ExpertUp),
            packing.MaybeStack(layer, expert, (WeightRole.ExpertGateBias, width), (WeightRole.ExpertUpBias, width)),
            packing.StackAt(layer, expert, WeightRole.ExpertDown),
            packing.MaybeStack(layer, expert, (WeightRole.ExpertDownBias, packing.Config.HiddenSize)),
            width);
    }

    public static BlockWeights Shared(WeightPacking packing, int layer) => new(
        packing.Stack(layer, WeightRole.SharedGate, WeightRole.SharedUp), null, packing.Stack(layer, WeightRole.SharedDown), null, packing.Config.Experts!.SharedWidth);

    public void Dispose()
    {
        Inner.Dispose();
        InnerBias?.Dispose();
        Down.Dispose();
        DownBias?.Dispose();
    }
}

using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Loading;

/// <summary>A recurrent mixer (Mamba-2).</summary>
internal sealed class MixerWeights : IDisposable
{
    public MixerWeights(WeightPacking packing, int layer)
    {
        var config = packing.Config.Recurrent!;
        Input = packing.Stack(layer, WeightRole.MixerInput);
        InputBias = packing.MaybeVector(WeightRole.MixerInputBias, layer);
        Kernel = packing.Upload(ByTap(packing.Values(WeightRole.MixerKernel, layer), config));
        KernelBias = packing.MaybeVector(WeightRole.MixerKernelBias, layer);
        StepBias = packing.Vector(WeightRole.MixerStepBias, layer);
        Decay = packing.Upload(Array.ConvertAll(packing.Values(WeightRole.MixerDecay, layer), a => (float)-Elementary.Exp((double)a)));
        Skip = packing.Vector(WeightRole.MixerSkip, layer);
        Norm = packing.Vector(WeightRole.MixerNorm, layer);
        Output = packing.Stack(layer, WeightRole.MixerOutput);
        OutputBias = packing.MaybeVector(WeightRole.MixerOutputBias, layer);
    }

    /// <summary>Gate, convolved values and steps: <c>[width + convolutionWidth + heads, hidden]</c>.</summary>
    public PackedMatrix Input { get; }

    public NativeBuffer? InputBias { get; }

    /// <summary><c>[kernel, convolutionWidth]</c>, the oldest tap first.</summary>
    public NativeBuffer Kernel { get; }

    public NativeBuffer? KernelBias { get; }

    /// <summary><c>[heads]</c>.</summary>
    public NativeBuffer StepBias { get; }

    /// <summary>Minus the exponential of what the file holds, <c>[heads]</c>.</summary>
    public NativeBuffer Decay { get; }

    /// <summary><c>[heads]</c>.</summary>
    public NativeBuffer Skip { get; }

    /// <summary><c>[width]</c>.</summary>
    public NativeBuffer Norm { get; }

    /// <summary><c>[hidden, width]</c>.</summary>
    public PackedMatrix Output { get; }

    public NativeBuffer? OutputBias { get; }

    public IEnumerable<PackedMatrix> Matrices => [Input, Output];

    public void Dispose()
    {
        Input.Dispose();
        InputBias?.Dispose();
        Kernel.Dispose();
        KernelBias?.Dispose();
        StepBias.Dispose();
        Decay.Dispose();
        Skip.Dispose();
        Norm.Dispose();
        Output.Dispose();
        OutputBias?.Dispose();
    }

    private static float[] ByTap(float[] byChannel, RecurrentConfig config)
    {
        var result = new float[byChannel.Length];
        for (var channel = 0; channel < config.ConvolutionWidth; channel++)
        {
            for (var tap = 0; tap < config.Kernel; tap++)
                result[(tap * config.ConvolutionWidth) + channel] = byChannel[(channel * config.Kernel) + tap];
        }

        return result;
    }
}

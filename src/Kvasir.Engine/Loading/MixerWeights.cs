using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Engine.Loading;

/// <summary>A recurrent mixer (Mamba-2, or Mamba where it has steps of its own for every channel).</summary>
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
        var decay = Array.ConvertAll(packing.Values(WeightRole.MixerDecay, layer), a => (float)-Elementary.Exp((double)a));
        Decay = packing.Upload(config.StepRank > 0 ? ByState(decay, config) : decay);
        Skip = packing.Vector(WeightRole.MixerSkip, layer);
        Norm = packing.MaybeVector(WeightRole.MixerNorm, layer);
        if (config.StepRank > 0)
        {
            Vectors = packing.Stack(layer, WeightRole.MixerVectors);
            Steps = packing.Stack(layer, WeightRole.MixerSteps);
        }

        StepNorm = packing.MaybeVector(WeightRole.MixerStepNorm, layer);
        InNorm = packing.MaybeVector(WeightRole.MixerInNorm, layer);
        OutNorm = packing.MaybeVector(WeightRole.MixerOutNorm, layer);
        Output = packing.Stack(layer, WeightRole.MixerOutput);
        OutputBias = packing.MaybeVector(WeightRole.MixerOutputBias, layer);
    }

    /// <summary>Gate, convolved values and steps: <c>[width + convolutionWidth + heads, hidden]</c>.</summary>
    public PackedMatrix Input { get; }

    public NativeBuffer? InputBias { get; }

    /// <summary><c>[kernel, convolutionWidth]</c>, the oldest tap first.</summary>
    public NativeBuffer Kernel { get; }

    public NativeBuffer? KernelBias { get; }

    /// <summary><c>[heads]</c>, in Mamba <c>[heads, headDim]</c>.</summary>
    public NativeBuffer StepBias { get; }

    /// <summary>Minus the exponential of what the file holds, <c>[heads]</c>, in Mamba <c>[heads, stateSize, headDim]</c>.</summary>
    public NativeBuffer Decay { get; }

    /// <summary><c>[heads]</c>, in Mamba <c>[heads, headDim]</c>.</summary>
    public NativeBuffer Skip { get; }

    /// <summary><c>[width]</c>; null in Mamba.</summary>
    public NativeBuffer? Norm { get; }

    /// <summary>What steps come from, input and output vector, <c>[rank + 2 stateSize, width]</c>; null in Mamba-2, like the next four.</summary>
    public PackedMatrix? Vectors { get; }

    /// <summary><c>[width, rank]</c>.</summary>
    public PackedMatrix? Steps { get; }

    /// <summary><c>[rank]</c>, or null.</summary>
    public NativeBuffer? StepNorm { get; }

    /// <summary><c>[stateSize]</c>, or null.</summary>
    public NativeBuffer? InNorm { get; }

    /// <summary><c>[stateSize]</c>, or null.</summary>
    public NativeBuffer? OutNorm { get; }

    /// <summary><c>[hidden, width]</c>.</summary>
    public PackedMatrix Output { get; }

    public NativeBuffer? OutputBias { get; }

    public IEnumerable<PackedMatrix> Matrices => Vectors is null ? [Input, Output] : [Input, Output, Vectors, Steps!];

    public void Dispose()
    {
        Input.Dispose();
        InputBias?.Dispose();
        Kernel.Dispose();
        KernelBias?.Dispose();
        StepBias.Dispose();
        Decay.Dispose();
        Skip.Dispose();
        Norm?.Dispose();
        Vectors?.Dispose();
        Steps?.Dispose();
        StepNorm?.Dispose();
        InNorm?.Dispose();
        OutNorm?.Dispose();
        Output.Dispose();
        OutputBias?.Dispose();
    }

    /// <summary>From <c>[channels, stateSize]</c> to <c>[heads, stateSize, headDim]</c>.</summary>
    private static float[] ByState(float[] byChannel, RecurrentConfig config)
    {
        var result = new float[byChannel.Length];
        for (var channel = 0; channel < config.Width; channel++)
        {
            var (head, d) = (channel / config.HeadDim, channel % config.HeadDim);
            for (var n = 0; n < config.StateSize; n++)
                result[(((head * config.StateSize) + n) * config.HeadDim) + d] = byChannel[(channel * config.StateSize) + n];
        }

        return result;
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

namespace Kvasir.Models;

/// <summary>Shapes that llama.cpp gives tensors whose weight is plainly a vector or one row.</summary>
internal static class GgufShapes
{
    /// <summary>The shape to declare.</summary>
    /// <param name="role">The tensor's first weight.</param>
    /// <param name="config">The model.</param>
    /// <param name="shape">What its rows and columns say.</param>
    public static long[] Of(WeightRole role, ModelConfig config, long[] shape) => role switch
    {
        WeightRole.SharedExpertGate => [shape[^1]],
        WeightRole.QueryNorm or WeightRole.KeyNorm when config.QueryKeyNorm == QueryKeyNorm.EachHead => [shape[0] / config.HeadDim, config.HeadDim],
        WeightRole.MixerKernel => [config.Recurrent!.ConvolutionWidth, config.Recurrent.Kernel],
        WeightRole.MixerDecay or WeightRole.MixerSkip => [shape[0], 1],
        WeightRole.MixerNorm => [config.Recurrent!.Groups, shape[0] / config.Recurrent.Groups],
        _ => shape,
    };
}

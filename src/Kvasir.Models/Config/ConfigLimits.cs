namespace Kvasir.Models;

/// <summary>Bounds on what a file may claim, far above real models and low enough that no product overflows.</summary>
internal static class ConfigLimits
{
    public const int MaxVocab = 1 << 24;
    public const int MaxWidth = 1 << 20;
    public const int MaxLayers = 4096;
    public const int MaxHeads = 4096;
    public const int MaxHeadDim = 4096;
    public const int MaxContext = 1 << 24;

    public const string Supported = "supported are llama and qwen2 (decoders with RMS norm, rotary positions and a gated SiLU block)";

    /// <summary>Checks what single fields cannot show.</summary>
    public static ModelConfig Check(string path, ModelConfig config)
    {
        if (config.QueryHeads % config.KvHeads != 0)
            throw new ModelFormatException(path, $"{config.QueryHeads} query heads do not divide among {config.KvHeads} key-value heads");
        if (config.HeadDim % 2 != 0)
            throw new ModelFormatException(path, $"the head dimension {config.HeadDim} is odd");
        var rope = config.Rope;
        if (!(rope.Theta > 1 && rope.Theta < 1e30))
            throw new ModelFormatException(path, $"rope base {rope.Theta} is not between 1 and 1e30");
        if (rope.RotaryDim < 2 || rope.RotaryDim % 2 != 0 || rope.RotaryDim > config.HeadDim)
            throw new ModelFormatException(path, $"{rope.RotaryDim} rotary dimensions do not fit heads of {config.HeadDim}");
        if (!(rope.Factor > 0) || !(rope.LowFrequencyFactor > 0) || !(rope.HighFrequencyFactor > rope.LowFrequencyFactor))
            throw new ModelFormatException(path, "the rope scaling's factors must be positive, the high above the low one");
        if (!(config.NormEpsilon >= 0 && config.NormEpsilon < 1))
            throw new ModelFormatException(path, $"norm epsilon {config.NormEpsilon} is not between 0 and 1");
        return config;
    }
}

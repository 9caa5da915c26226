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

    public const string Supported = "docs/models.md lists the families that are";

    /// <summary>Checks what single fields cannot show.</summary>
    public static ModelConfig Check(string path, ModelConfig config)
    {
        if (config.LayerPlan.Count is not 0 && config.LayerPlan.Count != config.Layers)
            throw new ModelFormatException(path, $"{config.LayerPlan.Count} layers are described, but there are {config.Layers}");
        if (config.QueryHeads % config.KvHeads != 0)
            throw new ModelFormatException(path, $"{config.QueryHeads} query heads do not divide among {config.KvHeads} key-value heads");
        if (config.HeadDim % 2 != 0)
            throw new ModelFormatException(path, $"the head dimension {config.HeadDim} is odd");
        foreach (var rope in config.LocalRope is { } local ? [config.Rope, local] : new[] { config.Rope })
            CheckRope(path, config, rope);
        if (config.Experts is { } experts)
            CheckExperts(path, experts);
        if (config.Encoder is not null && config.LayerPlan.Any(layer => layer.Mixer != LayerMixer.Attention || (layer.Window > 0 && layer.Window % 2 == 0)))
            throw new ModelFormatException(path, "an encoder's layers attend, over windows that have as many tokens on each side");
        if (config.LayerPlan.All(layer => layer == default))
            config = config with { LayerPlan = [] };
        if (!(config.NormEpsilon >= 0 && config.NormEpsilon < 1))
            throw new ModelFormatException(path, $"norm epsilon {config.NormEpsilon} is not between 0 and 1");
        return config;
    }

    private static void CheckExperts(string path, ExpertConfig experts)
    {
        if (experts.Chosen > experts.Count)
            throw new ModelFormatException(path, $"{experts.Chosen} experts are chosen of {experts.Count}");
        if (experts.Count % experts.Groups != 0 || experts.ChosenGroups > experts.Groups || experts.GroupBest > experts.Count / experts.Groups
            || experts.Chosen > experts.ChosenGroups * (experts.Count / experts.Groups))
        {
            throw new ModelFormatException(
                path, $"{experts.Chosen} experts cannot be chosen from {experts.ChosenGroups} of {experts.Groups} groups of {experts.Count}");
        }
    }

    private static void CheckRope(string path, ModelConfig config, RopeConfig rope)
    {
        int head = config.Latent?.RotaryDim ?? config.HeadDim;
        if (!(rope.Theta > 1 && rope.Theta < 1e30))
            throw new ModelFormatException(path, $"rope base {rope.Theta} is not between 1 and 1e30");
        if (rope.RotaryDim < 2 || rope.RotaryDim % 2 != 0 || rope.RotaryDim > head)
            throw new ModelFormatException(path, $"{rope.RotaryDim} rotary dimensions do not fit heads of {head}");
        if (!(rope.Factor > 0) || !(rope.LowFrequencyFactor > 0) || !(rope.HighFrequencyFactor > rope.LowFrequencyFactor))
            throw new ModelFormatException(path, "the rope scaling's factors must be positive, the high above the low one");
        int pairs = rope.RotaryDim / 2;
        foreach (var divisors in new[] { rope.Divisors, rope.LongDivisors })
        {
            if (divisors is not null && (divisors.Count != pairs || divisors.Any(d => !(d > 0) || !float.IsFinite(d))))
                throw new ModelFormatException(path, $"the rope scaling must list {pairs} positive divisors");
        }
    }
}

namespace Kvasir.Models;

/// <summary>A mixture of experts as data (Shazeer et al. 2017; DeepSeekMoE, Dai et al. 2024).</summary>
public sealed record ExpertConfig
{
    /// <summary>Experts of a layer.</summary>
    public required int Count { get; init; }

    /// <summary>Experts that a token goes through.</summary>
    public required int Chosen { get; init; }

    /// <summary>Inner width of an expert.</summary>
    public required int Width { get; init; }

    /// <summary>How weights come from logits.</summary>
    public ExpertScoring Scoring { get; init; }

    /// <summary>The chosen experts' weights are divided by their sum.</summary>
    public bool Normalised { get; init; }

    /// <summary>Factor on the weights.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>A correction for each expert is added to its score where experts are chosen, but not to its weight.</summary>
    public bool Corrected { get; init; }

    /// <summary>Groups of neighbouring experts; 1 for no groups.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Groups that experts are chosen from.</summary>
    public int ChosenGroups { get; init; } = 1;

    /// <summary>How many of a group's best scores are summed up to the group's own: 1 (DeepSeek-V2) or 2 (DeepSeek-V3).</summary>
    public int GroupBest { get; init; } = 1;

    /// <summary>Inner width of the expert that every token goes through; 0 for none.</summary>
    public int SharedWidth { get; init; }

    /// <summary>The shared expert's output is multiplied by a sigmoid gate of the token (Qwen2-MoE).</summary>
    public bool SharedGated { get; init; }

    /// <summary>The router has a bias.</summary>
    public bool RouterBias { get; init; }

    /// <summary>Every expert has biases.</summary>
    public bool Bias { get; init; }
}

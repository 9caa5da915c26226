namespace Kvasir.Models;

/// <summary>How the router's logits become weights.</summary>
public enum ExpertScoring
{
    /// <summary>Softmax over all experts; the best are chosen from it.</summary>
    Softmax,

    /// <summary>The best logits are chosen; softmax over these.</summary>
    SoftmaxOfChosen,

    /// <summary>A sigmoid for each expert (DeepSeek-V3).</summary>
    Sigmoid,
}

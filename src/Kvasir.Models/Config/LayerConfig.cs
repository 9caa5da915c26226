namespace Kvasir.Models;

/// <summary>What may differ from layer to layer.</summary>
/// <param name="Mixer">How tokens see each other.</param>
/// <param name="Window">Tokens that attention sees, its own included; 0 for all. An encoder's are odd, half on each side.</param>
/// <param name="Rope">0 for <see cref="ModelConfig.Rope"/>, 1 for <see cref="ModelConfig.LocalRope"/>, -1 for no rotation.</param>
/// <param name="FeedForward">What follows.</param>
public readonly record struct LayerConfig(LayerMixer Mixer, int Window, int Rope, FeedForwardKind FeedForward);

namespace Kvasir.Engine.Sampling;

/// <summary>A token with the natural logarithm of its probability under the model (before temperature, bias and penalties).</summary>
public readonly record struct TokenLogprob(int Token, float Logprob);

namespace Kvasir.Benchmarks.Compression;

/// <summary>A policy at a budget, over the prompts of a suite.</summary>
/// <param name="Suite">The suite.</param>
/// <param name="Policy">The policy.</param>
/// <param name="Budget">Rows a KV head and layer on average.</param>
/// <param name="Rows">Rows of a prompt, mean.</param>
/// <param name="Bytes">Bytes kept as a share of the whole cache.</param>
/// <param name="Kl">Divergence from the exact cache under teacher forcing, nats a token.</param>
/// <param name="Agreement">Share of tokens with the same most probable one.</param>
/// <param name="MassKept">Attention of the last rows that lay on kept rows; NaN where it was not looked at.</param>
public sealed record CompressionCurve(string Suite, string Policy, int Budget, double Rows, double Bytes, double Kl, double Agreement, double MassKept);

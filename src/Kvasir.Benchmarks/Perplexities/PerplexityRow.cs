namespace Kvasir.Benchmarks.Perplexities;

/// <summary>How well a text is predicted with a way of keeping keys and values.</summary>
/// <param name="Policy">The way.</param>
/// <param name="Budget">Bytes that were allowed, as a share of the whole cache in 16 bits.</param>
/// <param name="Bytes">Mean bytes of a context, scales and indices included.</param>
/// <param name="Tokens">Tokens judged.</param>
/// <param name="Perplexity">e to the mean negative log-likelihood of a token.</param>
/// <param name="Change">The perplexity over that of the whole cache, minus one.</param>
/// <param name="ChangeLow">Lower end of its 95 % interval, over the tokens.</param>
/// <param name="ChangeHigh">Upper end.</param>
/// <param name="Kl">Mean divergence from the whole cache's distributions, nats.</param>
/// <param name="Agreement">Share of tokens with the same most probable one.</param>
public sealed record PerplexityRow(string Policy, double Budget, double Bytes, int Tokens, double Perplexity, double Change, double ChangeLow, double ChangeHigh, double Kl, double Agreement);

using Kvasir.Engine.Sampling;

namespace Kvasir.Engine.Requests;

/// <summary>One token of an answer as it streams.</summary>
/// <param name="Token">Token id.</param>
/// <param name="Text">Text that became certain with it; may be empty, and may hold the end of earlier tokens.</param>
/// <param name="Logprob">Its log-probability, when asked for.</param>
/// <param name="Top">The most probable tokens at its position, when asked for.</param>
public readonly record struct GeneratedToken(int Token, string Text, float? Logprob, IReadOnlyList<TokenLogprob>? Top);

namespace Kvasir.Engine.Embeddings;

/// <summary>A text as a vector.</summary>
/// <param name="Vector">The pooled hidden states behind the output norm, <c>[hidden]</c>.</param>
/// <param name="PromptTokens">Tokens of the text.</param>
/// <param name="ReusedTokens">Tokens whose keys and values were found in the pool.</param>
public sealed record Embedding(float[] Vector, int PromptTokens, int ReusedTokens);

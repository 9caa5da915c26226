namespace Kvasir.Engine.Embeddings;

/// <summary>What an encoder has done since it was loaded, and how it stands.</summary>
/// <param name="Texts">Texts that were embedded.</param>
/// <param name="Tokens">Their tokens.</param>
/// <param name="Steps">Steps that they took together.</param>
/// <param name="Waiting">Texts that wait for a step.</param>
/// <param name="Running">Texts of the step under way.</param>
public readonly record struct EmbeddingStatus(long Texts, long Tokens, long Steps, int Waiting, int Running);

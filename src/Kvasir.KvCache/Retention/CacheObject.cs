namespace Kvasir.KvCache.Retention;

/// <summary>What a policy knows of an object when it comes in.</summary>
/// <param name="Bytes">Its size, at least 1.</param>
/// <param name="FirstToken">Position of its first row in its prompt.</param>
/// <param name="PromptTokens">Length of the prompt that brought it; 0 when unknown.</param>
/// <param name="Seconds">Time of its coming, from any fixed moment.</param>
public readonly record struct CacheObject(long Bytes, int FirstToken, int PromptTokens, double Seconds);

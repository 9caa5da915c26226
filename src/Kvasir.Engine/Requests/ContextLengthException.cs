namespace Kvasir.Engine.Requests;

/// <summary>A prompt, or a prompt with the asked-for answer, does not fit the context.</summary>
public sealed class ContextLengthException(int tokens, int maxContext, string advice)
    : ArgumentException(FormattableString.Invariant($"prompt of {tokens} tokens exceeds the context of {maxContext}; {advice}"))
{
    /// <summary>Tokens of the prompt.</summary>
    public int Tokens { get; } = tokens;

    /// <summary>The limit.</summary>
    public int MaxContext { get; } = maxContext;
}

namespace Kvasir.Grammars;

/// <summary>
/// A grammar is ill-formed, cannot be enforced exactly, admits no sentence, or needs more than the limits allow. The message says which
/// part (a JSON pointer, a line, an offset) and what to do.
/// </summary>
public sealed class GrammarException : Exception
{
    public GrammarException()
    {
    }

    public GrammarException(string message)
        : base(message)
    {
    }

    public GrammarException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

namespace Kvasir.Grammars;

/// <summary>Where whitespace may stand between the tokens of constrained JSON. It is always bounded, so that it cannot go on for ever.</summary>
public enum JsonWhitespace
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>At most one space after <c>:</c> and <c>,</c>.</summary>
    SingleSpace,

    /// <summary>At most one line break and 20 spaces (or 10 tabs) between any two tokens.</summary>
    Flexible,
}

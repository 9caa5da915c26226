namespace Kvasir.Grammars;

/// <summary>What one compiled grammar may cost. A grammar that needs more is refused with a <see cref="GrammarException"/>.</summary>
public sealed record GrammarLimits
{
    /// <summary>The limits used where none are named.</summary>
    public static GrammarLimits Default { get; } = new();

    /// <summary>Longest source text of any kind, in characters.</summary>
    public const int MaxSourceChars = 256 * 1024;

    /// <summary>Most automaton states, over all rules.</summary>
    public int MaxStates { get; init; } = 600_000;

    /// <summary>Most edges, over all rules.</summary>
    public int MaxEdges { get; init; } = 2_000_000;

    /// <summary>Most rules.</summary>
    public int MaxRules { get; init; } = 20_000;

    /// <summary>Most alternatives (Earley items) that one position of the text may hold; an ambiguous grammar ends here.</summary>
    public int MaxItems { get; init; } = 20_000;

    /// <summary>Most positions (sets of alternatives, about a kilobyte each) remembered; past it the shared caches start over.</summary>
    public int MaxCachedSets { get; init; } = 50_000;

    /// <summary>Most bytes of remembered token masks; past it they start over.</summary>
    public long MaxMaskBytes { get; init; } = 64L << 20;
}

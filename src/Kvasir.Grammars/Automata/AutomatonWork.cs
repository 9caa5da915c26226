namespace Kvasir.Grammars.Automata;

/// <summary>
/// How much one source may cost in automaton states made, over all its patterns and bounds together: each has its own limit, but a hostile
/// source may hold thousands. Counted by thread, since a source is read by one.
/// </summary>
internal static class AutomatonWork
{
    private const long MostStates = 250_000;

    [ThreadStatic]
    private static long _spent;

    /// <summary>A new source.</summary>
    public static void Begin() => _spent = 0;

    public static void Spend(long states)
    {
        _spent += states;
        if (_spent > MostStates)
            throw new GrammarException($"the patterns and bounds together need more than {MostStates} automaton states; use fewer or simpler ones");
    }
}

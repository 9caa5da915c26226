namespace Kvasir.Grammars.Automata;

/// <summary>An edge over the code points from <paramref name="Low"/> to <paramref name="High"/>.</summary>
internal readonly record struct DfaEdge(int Low, int High, int To);

using Kvasir.Grammars.Automata;

namespace Kvasir.Grammars.Syntax;

/// <summary>A regular language over code points, in UTF-8.</summary>
internal sealed class DfaNode(Dfa dfa) : Node
{
    public Dfa Dfa { get; } = dfa;
}

using Kvasir.Grammars.Automata;

namespace Kvasir.Grammars.Syntax;

/// <summary>One code point of a set, in UTF-8.</summary>
internal sealed class CharNode(CodeSet set) : Node
{
    public CodeSet Set { get; } = set;
}

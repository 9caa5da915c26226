namespace Kvasir.Grammars.Matching;

/// <summary>
/// The tokens that an automaton state allows whatever the context (as in XGrammar), and the places where only the context can tell:
/// trie nodes that stand after the end of the state's rule, by their byte.
/// </summary>
internal sealed class StateMask(TokenSet tokens, (byte Byte, int[] Nodes)[] beyond)
{
    public TokenSet Tokens { get; } = tokens;

    public (byte Byte, int[] Nodes)[] Beyond { get; } = beyond;

    public long Bytes => Tokens.Bytes + Beyond.Sum(group => 48 + (4L * group.Nodes.Length));
}

using Kvasir.Grammars.Syntax;

namespace Kvasir.Grammars.Text;

internal static class GbnfParser
{
    public static Node Parse(string text) => throw new GrammarException($"GBNF of {text.Length} characters is not supported");
}

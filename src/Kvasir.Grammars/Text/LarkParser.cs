using Kvasir.Grammars.Syntax;

namespace Kvasir.Grammars.Text;

internal static class LarkParser
{
    public static Node Parse(string text) => throw new GrammarException($"Lark of {text.Length} characters is not supported");
}

using System.Globalization;
using System.Text;
using Kvasir.Grammars.Automata;
using Kvasir.Grammars.Regex;
using Kvasir.Grammars.Syntax;

namespace Kvasir.Grammars.Json;

/// <summary>The parts of JSON as grammar. Numbers and whitespace are bounded, so that neither can go on for ever.</summary>
internal static class JsonText
{
    private const string Escapes = """\\(["\\/bfnrt]|u([0-9A-CE-Fa-ce-f][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2}|[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}))""";

    /// <summary>Any string, with its quotes; surrogates are escaped only in pairs.</summary>
    public static Node AnyString { get; } = new DfaNode(RegexCompiler.Compile($$"""
        "([^"\\\u0000-\u001f]|{{Escapes}})*"
        """, wholeText: true));

    /// <summary>Any number up to 17 digits before and after the point and an exponent of two digits, which every reader can hold.</summary>
    public static Node AnyNumber { get; } = new DfaNode(RegexCompiler.Compile(@"(0|-?[1-9][0-9]{0,16}|-?(0|[1-9][0-9]{0,16})\.[0-9]{1,17})([eE][+-]?[0-9]{1,2})?", wholeText: true));

    /// <summary>Any value.</summary>
    public static Node AnyValue(JsonWhitespace whitespace) => Values(whitespace).Value;

    /// <summary>Any object.</summary>
    public static Node AnyObject(JsonWhitespace whitespace) => Values(whitespace).Object;

    /// <summary>What may stand after <c>:</c> and <c>,</c>.</summary>
    public static Node AfterMark(JsonWhitespace whitespace) => whitespace switch
    {
        JsonWhitespace.None => Node.Nothing,
        JsonWhitespace.SingleSpace => Node.Optional(Node.Text(" ")),
        _ => Flexible,
    };

    /// <summary>What may stand beside brackets, and before <c>:</c> and <c>,</c>.</summary>
    public static Node Inside(JsonWhitespace whitespace) => whitespace == JsonWhitespace.Flexible ? Flexible : Node.Nothing;

    /// <summary>A string that is read as a text of the language, escaped only where it must be.</summary>
    public static Node StringOf(Dfa language) => new DfaNode(EscapeStrings(language));

    /// <summary>A JSON string literal.</summary>
    public static string Quote(string text)
    {
        var builder = new StringBuilder("\"");
        foreach (var c in text)
            builder.Append(Escape(c) ?? c.ToString());
        return builder.Append('"').ToString();
    }

    private static CodeSet Special { get; } = CodeSet.Of((0, 0x1F), ('"', '"'), ('\\', '\\'));

    private static Node Flexible { get; } = new DfaNode(RegexCompiler.Compile(@"\n?( {0,20}|\t{0,10})", wholeText: true));

    private static (Node Value, Node Object) Values(JsonWhitespace whitespace)
    {
        var inside = Inside(whitespace);
        var mark = AfterMark(whitespace);
        var value = new RuleNode("value");
        var comma = Node.Sequence(inside, Node.Text(","), mark);
        var member = Node.Sequence(AnyString, inside, Node.Text(":"), mark, value);
        var anObject = new RuleNode("object")
        {
            Body = Node.Sequence(Node.Text("{"), inside, Node.Optional(Node.Sequence(new RepeatNode(member, 1, null, comma), inside)), Node.Text("}")),
        };
        var array = new RuleNode("array")
        {
            Body = Node.Sequence(Node.Text("["), inside, Node.Optional(Node.Sequence(new RepeatNode(value, 1, null, comma), inside)), Node.Text("]")),
        };
        value.Body = Node.Choice(anObject, array, AnyString, AnyNumber, Node.Text("true"), Node.Text("false"), Node.Text("null"));
        return (value, anObject);
    }

    private static string? Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => @"\\",
        '\b' => @"\b",
        '\f' => @"\f",
        '\n' => @"\n",
        '\r' => @"\r",
        '\t' => @"\t",
        < ' ' => string.Create(CultureInfo.InvariantCulture, $@"\u{(int)c:x4}"),
        _ => null,
    };

    private static Dfa EscapeStrings(Dfa language)
    {
        if (language.IsEmpty)
            return Dfa.Nothing;
        var nfa = new Nfa();
        var start = nfa.Add();
        var end = nfa.Add();
        var states = Enumerable.Range(0, language.Count).Select(_ => nfa.Add()).ToArray();
        nfa.Codes(start, CodeSet.Single('"'), states[0]);
        for (var state = 0; state < states.Length; state++)
        {
            if (language.Accepts[state])
                nfa.Codes(states[state], CodeSet.Single('"'), end);
            foreach (var edge in language.Edges[state])
            {
                nfa.Codes(states[state], CodeSet.Of((edge.Low, edge.High)).Except(Special), states[edge.To]);
                WriteEscapes(nfa, states[state], edge, states[edge.To]);
            }
        }

        return nfa.ToDfa(start, end);
    }

    // Where many control characters would do, only those with a short escape are written.
    private static void WriteEscapes(Nfa nfa, int from, DfaEdge edge, int to)
    {
        var codes = Special.Ranges
            .SelectMany(range => Enumerable.Range(range.Low, range.High - range.Low + 1))
            .Where(code => code >= edge.Low && code <= edge.High)
            .ToArray();
        if (codes.Length == 0)
            return;
        var escapes = codes.Select(code => Escape((char)code)!).ToArray();
        var letters = escapes.Where(escape => escape.Length == 2).Select(escape => ((int)escape[1], (int)escape[1])).ToArray();
        if (letters.Length > 0)
        {
            var slash = nfa.Add();
            nfa.Codes(from, CodeSet.Single('\\'), slash);
            nfa.Codes(slash, CodeSet.Of(letters), to);
        }

        if (codes.Length > 16)
            return;
        foreach (var escape in escapes.Where(escape => escape.Length > 2))
            nfa.Embed(from, Dfa.Literal(escape), to);
    }
}

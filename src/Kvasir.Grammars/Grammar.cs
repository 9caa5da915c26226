using System.Text.Json;
using Kvasir.Grammars.Automata;
using Kvasir.Grammars.Json;
using Kvasir.Grammars.Regex;
using Kvasir.Grammars.Syntax;
using Kvasir.Grammars.Text;

namespace Kvasir.Grammars;

/// <summary>
/// What an answer may look like: a context-free grammar over the bytes of UTF-8 text. Immutable; any thread may use it. Left recursion,
/// ambiguity and empty rules are all allowed. Compile it against a vocabulary with <see cref="CompiledGrammar.Compile"/>.
/// </summary>
public sealed class Grammar
{
    internal Grammar(Node root) => Root = root;

    internal Node Root { get; }

    /// <summary>JSON that is valid under <paramref name="schema"/> (draft-04 to 2020-12); properties come in the schema's order.</summary>
    /// <exception cref="GrammarException">The schema is ill-formed, unsatisfiable or not exactly enforceable; names the JSON pointer.</exception>
    public static Grammar FromJsonSchema(JsonElement schema, JsonSchemaOptions? options = null) =>
        Bounded(() => JsonSchemaCompiler.Compile(schema, options ?? JsonSchemaOptions.Default));

    /// <summary>Any JSON object, with bounded whitespace and numbers of bounded length.</summary>
    public static Grammar JsonObject() => new(JsonText.AnyObject(JsonWhitespace.Flexible));

    /// <summary>Any JSON value, with bounded whitespace and numbers of bounded length.</summary>
    public static Grammar JsonValue() => new(JsonText.AnyValue(JsonWhitespace.Flexible));

    /// <summary>Text that matches all of <paramref name="pattern"/>, an ECMAScript-like regular expression without look-behind.</summary>
    /// <exception cref="GrammarException">The pattern is ill-formed or uses what no automaton can do; names the offset.</exception>
    public static Grammar FromRegex(string pattern) => Bounded(() => new DfaNode(RegexCompiler.Compile(pattern, wholeText: true)));

    /// <summary>A grammar in llama.cpp's GBNF; its <c>root</c> rule is the sentence.</summary>
    /// <exception cref="GrammarException">The text is ill-formed; names the line.</exception>
    public static Grammar FromGbnf(string text) => Bounded(() => GbnfParser.Parse(text));

    /// <summary>A grammar in Lark's notation: rules, terminals, strings, regular expressions, <c>%ignore</c>; its <c>start</c> rule is the sentence.</summary>
    /// <exception cref="GrammarException">The text is ill-formed or uses what is not supported; names the line.</exception>
    public static Grammar FromLark(string text) => Bounded(() => LarkParser.Parse(text));

    /// <summary>Exactly <paramref name="text"/>.</summary>
    public static Grammar Literal(string text) => new(Node.Text(text));

    /// <summary>One grammar after another.</summary>
    public static Grammar Sequence(params ReadOnlySpan<Grammar> parts) => new(Node.Sequence(Nodes(parts)));

    /// <summary>Any one of the grammars.</summary>
    public static Grammar Choice(params ReadOnlySpan<Grammar> options) => new(Node.Choice(Nodes(options)));

    /// <summary><paramref name="grammar"/> from <paramref name="min"/> to <paramref name="max"/> times (null: without end).</summary>
    public static Grammar Repeat(Grammar grammar, int min, int? max, Grammar? separator = null)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        ArgumentOutOfRangeException.ThrowIfNegative(min);
        if (max < min)
            throw new GrammarException($"a repetition of {min} to {max} times admits nothing; the maximum must not be below the minimum");
        return new Grammar(new RepeatNode(grammar.Root, min, max, separator?.Root));
    }

    /// <summary>The grammar, or nothing.</summary>
    public static Grammar Optional(Grammar grammar)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        return new Grammar(Node.Optional(grammar.Root));
    }

    /// <summary>Any text that ends with the first occurrence of one of <paramref name="ends"/>, which is part of it.</summary>
    public static Grammar TextUntil(params ReadOnlySpan<string> ends)
    {
        AutomatonWork.Begin();
        return new Grammar(new DfaNode(FreeText.Until(ends)));
    }

    /// <summary>Any text in which none of <paramref name="forbidden"/> occurs.</summary>
    public static Grammar TextWithout(params ReadOnlySpan<string> forbidden)
    {
        AutomatonWork.Begin();
        return new Grammar(new DfaNode(FreeText.Without(forbidden)));
    }

    private static Grammar Bounded(Func<Node> read)
    {
        AutomatonWork.Begin();
        return new Grammar(read());
    }

    private static Node[] Nodes(ReadOnlySpan<Grammar> grammars)
    {
        var nodes = new Node[grammars.Length];
        for (var i = 0; i < nodes.Length; i++)
            nodes[i] = grammars[i].Root;
        return nodes;
    }
}

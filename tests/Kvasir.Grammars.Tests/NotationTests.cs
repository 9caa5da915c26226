namespace Kvasir.Grammars.Tests;

public sealed class NotationTests
{
    private const string Arithmetic = """
        # sums
        root  ::= expr
        expr  ::= expr [-+] term   # left recursion
                | term
        term  ::= [0-9]{1,3} | "(" ws expr ws ")"
        ws    ::= " "*
        """;

    private const string Calls = """
        // a call
        %import common.CNAME
        %import common.WS
        ?start: call
        call.1: CNAME "(" [args] ")" -> called
        args: arg ("," arg)*
        !arg: STRING | /[0-9]+/ | call
            | "NULL"i
        STRING: "'" ("a".."z" | "é")~1..3 "'"
        %ignore WS
        """;

    [Theory]
    [InlineData("1", true)]
    [InlineData("1+22-(3+4)", true)]
    [InlineData("( (1) )", true)]
    [InlineData("1+", false)]
    [InlineData("1234", false)]
    [InlineData("", false)]
    public void Gbnf_ReadsRules(string text, bool accepted) => Assert.Equal(accepted, Read.Accepts(Grammar.FromGbnf(Arithmetic), text));

    [Theory]
    [InlineData("f()", true)]
    [InlineData(" f ( 'aé' , 12,g(null) )\n", true)]
    [InlineData("f('abcd')", false)]
    [InlineData("f(' a')", false)]
    [InlineData("f(1,)", false)]
    public void Lark_ReadsRules(string text, bool accepted) => Assert.Equal(accepted, Read.Accepts(Grammar.FromLark(Calls), text));

    [Theory]
    [InlineData("a|bc", "bc", true)]
    [InlineData("a|bc", "abc", false)]
    [InlineData("[^a-y]{2,}", "zé", true)]
    [InlineData("[^a-y]{2,}", "zb", false)]
    [InlineData(@"\p{Lu}\d+\.", "Ä12.", true)]
    [InlineData("(?:ab)*?c", "ababc", true)]
    [InlineData("^(?=.*[0-9])(?!.*xx)[a-z0-9]{3,5}$", "ab1x", true)]
    [InlineData("^(?=.*[0-9])(?!.*xx)[a-z0-9]{3,5}$", "abcd", false)]
    [InlineData("^(?=.*[0-9])(?!.*xx)[a-z0-9]{3,5}$", "1xx", false)]
    [InlineData(@"\u{1F600}|\ud83d\ude01", "😁", true)]
    [InlineData("[\\-x]]?", "-", true)]
    [InlineData(".", "\n", false)]
    public void Regex_MatchesAllOfTheText(string pattern, string text, bool accepted) => Assert.Equal(accepted, Read.Accepts(Grammar.FromRegex(pattern), text));

    [Theory]
    [InlineData("a(", "offset 2")]
    [InlineData("[z-a]", "out of order")]
    [InlineData(@"(a)\1", "back-references")]
    [InlineData("a(?=b)", "look-ahead")]
    [InlineData("a{3,2}", "in order")]
    public void Regex_ErrorsSayWhatAndWhere(string pattern, string message) =>
        Assert.Contains(message, Assert.Throws<GrammarException>(() => Grammar.FromRegex(pattern)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("root ::= a\na ::= \"x", "line 2")]
    [InlineData("root ::= missing", "'missing' is used but not defined")]
    [InlineData("a ::= \"x\"", "no rule 'root'")]
    [InlineData("root ::= \"x\"{5,2}", "admits nothing")]
    public void Gbnf_ErrorsSayWhatAndWhere(string text, string message) =>
        Assert.Contains(message, Assert.Throws<GrammarException>(() => Grammar.FromGbnf(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("start: \"a\"\n%declare X", "line 2")]
    [InlineData("start: b", "'b' is used but not defined")]
    [InlineData("start: /(/", "regular expression")]
    public void Lark_ErrorsSayWhatAndWhere(string text, string message) =>
        Assert.Contains(message, Assert.Throws<GrammarException>(() => Grammar.FromLark(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void AGrammarThatAdmitsNothingIsRefused()
    {
        Assert.Throws<GrammarException>(() => Read.Compile(Grammar.FromGbnf("root ::= \"(\" root \")\"")));
        Assert.Throws<GrammarException>(() => Read.Compile(Grammar.Choice()));
    }

    [Fact]
    public void FreeText_EndsAtTheFirstEnd()
    {
        var grammar = Read.Compile(Grammar.TextUntil("</a>", "."));
        Assert.True(Read.Accepts(grammar, "some </ text</a>"));
        Assert.False(Read.Accepts(grammar, "some"));
        Assert.False(Read.Accepts(grammar, "x.y."));
    }

    [Fact]
    public void ATrigger_BeginsItsGrammar()
    {
        var grammar = Read.Compile(Grammar.Sequence(
            Grammar.TextWithout("<call>"),
            Grammar.Optional(Grammar.Sequence(Grammar.Literal("<call>"), Grammar.JsonObject(), Grammar.Literal("</call>")))));
        Assert.True(Read.Accepts(grammar, "just text with <cal"));
        Assert.True(Read.Accepts(grammar, "é <<call>{\"a\": [1, 2]}</call>"));
        Assert.False(Read.Accepts(grammar, "<call>oops"));
    }

    [Fact]
    public void Combinators_Combine()
    {
        var grammar = Read.Compile(Grammar.Repeat(Grammar.Choice(Grammar.Literal("ab"), Grammar.FromRegex("[0-9]")), 2, 3, Grammar.Literal(", ")));
        Assert.True(Read.Accepts(grammar, "ab, 1"));
        Assert.True(Read.Accepts(grammar, "1, 2, ab"));
        Assert.False(Read.Accepts(grammar, "1"));
        Assert.False(Read.Accepts(grammar, "1, 2, 3, 4"));
    }

    [Fact]
    public void HostileSourcesEndInAnError()
    {
        Assert.Throws<GrammarException>(() => Grammar.FromRegex(new string('(', 100_000)));
        Assert.Throws<GrammarException>(() => Grammar.FromRegex("(((a{1000}){1000}){1000})"));
        Assert.Throws<GrammarException>(() => Grammar.FromGbnf("root ::= " + new string('(', 100_000)));
        Assert.Throws<GrammarException>(() => Grammar.FromRegex(new string('a', GrammarLimits.MaxSourceChars + 1)));
        Assert.Throws<GrammarException>(() => CompiledGrammar.Compile(
            Grammar.FromGbnf("root ::= \"abc\"{20000}"), Schemas.RandomWriter.Vocabulary, new GrammarLimits { MaxStates = 1000 }));
    }

    [Fact]
    public void ManyHostilePatternsTogetherEndInAnError()
    {
        var patterns = string.Join(',', Enumerable.Range(0, 200).Select(i => $$"""{"pattern":"a.{10}b{{i}}"}"""));
        var error = Assert.Throws<GrammarException>(() => Read.Compile(Read.Schema($$"""{"type":"string","allOf":[{{patterns}}]}""")));
        Assert.Contains("automaton states", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NestedCountsShareTheirStates()
    {
        var grammar = Read.Compile(Grammar.FromGbnf("root ::= (((\"ab\"{20000}){20000}){20000}){20000}"));
        Assert.True(grammar.CreateMatcher().TryAcceptBytes("abab"u8));
    }

    [Fact]
    public void AnAmbiguousGrammarStaysSmall()
    {
        var grammar = Read.Compile(Grammar.FromGbnf("root ::= root root root | root root | \"a\" | "));
        Assert.True(Read.Accepts(grammar, new string('a', 120)));
    }
}

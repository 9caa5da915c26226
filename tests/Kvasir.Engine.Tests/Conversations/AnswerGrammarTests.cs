using System.Text.Json;
using Kvasir.Engine.Conversations;
using Kvasir.Grammars;
using Kvasir.Models;

namespace Kvasir.Engine.Tests.Conversations;

/// <summary>What the grammars let a model write is what was asked for, and what the parser reads.</summary>
public sealed class AnswerGrammarTests
{
    public static TheoryData<string> Names => [.. FamilyTemplates.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void RequiredCallsAreCallsWithValidArguments(string family)
    {
        var conversation = Families.Prepare(family, ToolChoice.Required);
        var grammar = GrammarWalk.Compile(conversation.Grammar!);
        var counts = new HashSet<int>();
        for (var seed = 0; seed < 40; seed++)
        {
            var text = GrammarWalk.Write(grammar, new Random(seed));
            var parsed = conversation.Parse(text);
            Assert.True(parsed.ToolCalls.Count > 0 && parsed.Text.Length == 0, $"seed {seed}: {text}\n{parsed}");
            Assert.All(parsed.ToolCalls, c => Valid(c, $"seed {seed}: {text}"));
            counts.Add(parsed.ToolCalls.Count);
        }

        Assert.True(counts.Max() > 1, "several calls may be made");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ANamedFunctionIsCalledOnce(string family)
    {
        var conversation = Families.Prepare(family, ToolChoice.Named("clock"));
        var grammar = GrammarWalk.Compile(conversation.Grammar!);
        for (var seed = 0; seed < 10; seed++)
        {
            var parsed = conversation.Parse(GrammarWalk.Write(grammar, new Random(seed)));
            Assert.Equal("clock", Assert.Single(parsed.ToolCalls).Name);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void UnderAutoTheModelMayTalkOrCall_AndOneCallIsTheMostWithoutParallel(string family)
    {
        var conversation = Families.Prepare(family, parallel: false);
        var grammar = GrammarWalk.Compile(conversation.Grammar!);
        var talked = 0;
        for (var seed = 0; seed < 40; seed++)
        {
            var text = GrammarWalk.Write(grammar, new Random(seed), 60);
            var parsed = conversation.Parse(text);
            Assert.True(parsed.ToolCalls.Count < 2, $"seed {seed}: {text}");
            Assert.All(parsed.ToolCalls, c => Valid(c, $"seed {seed}: {text}"));
            talked += parsed.ToolCalls.Count == 0 ? 1 : 0;
        }

        Assert.NotEqual(0, talked);
        Assert.True(GrammarWalk.Admits(grammar, "Hello, <b>you</b>: 1 < 2."));
        var turn = FamilyTests.Turn(family, new ChatMessage("assistant", null) { ToolCalls = [new("c", "clock", Families.Json("{}"))] });
        Assert.True(GrammarWalk.Admits(grammar, turn.Trim()), turn);
    }

    [Fact]
    public void ReasoningComesFirst_ThenTheResponseInItsForm()
    {
        var template = FamilyTemplates.All["hermes"];
        foreach (var begun in (bool[])[false, true])
        {
            var format = Families.Of(begun ? template.Replace("{%- if add_generation_prompt %}<a>", "{%- if add_generation_prompt %}<a><think>\n", StringComparison.Ordinal) : template);
            Assert.Equal(begun, format.TemplateStartsReasoning);
            var conversation = format.Prepare(new ConversationRequest
            {
                Messages = [new ChatMessage("user", "?")],
                ResponseGrammar = () => Grammar.FromRegex("[0-9]{3}"),
            });
            var grammar = GrammarWalk.Compile(conversation.Grammar!);
            Assert.Equal(!begun, GrammarWalk.Admits(grammar, "123"));
            var thought = (begun ? "" : "<think>\n") + "123 or <tool_call>?\n</think>\n\n456";
            Assert.True(GrammarWalk.Admits(grammar, thought));
            Assert.False(GrammarWalk.Admits(grammar, thought + "x"));
            var parsed = conversation.Parse(thought);
            Assert.Equal(("123 or <tool_call>?", "456"), (parsed.Reasoning, parsed.Text));
        }
    }

    [Fact]
    public void ASchemaThatCannotBeEnforced_IsAnErrorOnlyWhereTheFunctionIsStrict()
    {
        var schema = Families.Json("""{"type":"object","properties":{"a":{"type":"array","items":{"type":"object"},"uniqueItems":true}},"required":["a"]}""");
        var tool = new ToolDefinition("f", null, schema);
        var request = new ConversationRequest { Messages = [new ChatMessage("user", "?")], Tools = [tool], ToolChoice = ToolChoice.Required };
        var format = Families.Format("hermes");
        Assert.Equal("f", Assert.Single(format.Prepare(request).Parse(GrammarWalk.Write(GrammarWalk.Compile(format.Prepare(request).Grammar!), new Random(1)))
            .ToolCalls.Take(1)).Name);
        Assert.Throws<GrammarException>(() => format.Prepare(request with { Tools = [tool with { Strict = true }] }).Grammar);
    }

    [Fact]
    public void DefinitionsAreKeptWhereParametersAreWrittenOneByOne()
    {
        var schema = Families.Json("""
            {"type":"object","$defs":{"n":{"type":"integer","minimum":10,"maximum":12}},"properties":{"a":{"$ref":"#/$defs/n"},"b":{"type":"string","enum":["x","y z"]}},"required":["a","b"]}
            """);
        foreach (var family in (string[])["qwen3-coder", "lfm2", "glm"])
        {
            var conversation = Families.Format(family).Prepare(new ConversationRequest
            {
                Messages = [new ChatMessage("user", "?")],
                Tools = [new ToolDefinition("f", null, schema, Strict: true)],
                ToolChoice = ToolChoice.Named("f"),
            });
            var call = Assert.Single(conversation.Parse(GrammarWalk.Write(GrammarWalk.Compile(conversation.Grammar!), new Random(3))).ToolCalls);
            Assert.InRange(call.Arguments.GetProperty("a").GetInt32(), 10, 12);
            Assert.Contains(call.Arguments.GetProperty("b").GetString(), (string[])["x", "y z"]);
        }
    }

    [Fact]
    public void EqualRequestsShareAGrammar_DifferentOnesDoNot()
    {
        var format = Families.Format("hermes");
        var request = new ConversationRequest { Messages = [new ChatMessage("user", "?")], Tools = Families.Tools };
        var cache = new GrammarCache(format.CreateVocabulary(Families.Tokenizer.VocabSize));
        var first = format.Prepare(request).Compile(cache);
        Assert.Same(first, format.Prepare(request with { Messages = [new ChatMessage("user", "again")] }).Compile(cache));
        Assert.NotSame(first, format.Prepare(request with { ToolChoice = ToolChoice.Required }).Compile(cache));
        Assert.NotSame(first, format.Prepare(request with { ParallelToolCalls = false }).Compile(cache));
        Assert.NotSame(first, format.Prepare(request with { Tools = [Families.Clock] }).Compile(cache));
        Assert.Null(format.Prepare(request with { ToolChoice = ToolChoice.None }).Compile(cache));
        Assert.Null(format.Prepare(request with { ResponseGrammar = Grammar.JsonObject }).GrammarKey);
    }

    private static void Valid(ChatToolCall call, string about)
    {
        if (call.Name == "clock")
        {
            Assert.Empty(call.Arguments.EnumerateObject());
            return;
        }

        Assert.True(call.Name == "get_weather", about);
        Assert.True(call.Arguments.GetProperty("city").ValueKind == JsonValueKind.String, about);
        Assert.InRange(call.Arguments.GetProperty("days").GetInt32(), 1, 9);
        Assert.All(call.Arguments.EnumerateObject(), p => Assert.Contains(p.Name, (string[])["city", "days", "detail"]));
    }
}

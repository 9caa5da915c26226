using Kvasir.Engine.Conversations;
using Kvasir.Engine.Streaming;
using Kvasir.Models;

namespace Kvasir.Engine.Tests.Conversations;

public sealed class ConversationFormatTests
{
    private const string Plain = "{% for m in messages %}<{{ m.role }}>{{ m.content }}<e>{% endfor %}{% if add_generation_prompt %}<a>{% endif %}";

    private static readonly ConversationRequest Question = new() { Messages = [new ChatMessage("system", "Be kind."), new ChatMessage("user", "?")], Tools = Families.Tools };

    [Fact]
    public void ATemplateThatKnowsNoFunctions_GetsThemInTheSystemMessage_AndCallsAndResultsAsText()
    {
        var format = Families.Of(Plain);
        Assert.Equal("generic", format.Name);
        Assert.False(format.TemplateKnowsTools);
        var prompt = Text(format.Prepare(Question with
        {
            Messages =
            [
                .. Question.Messages, new ChatMessage("assistant", "I look.") { ToolCalls = Families.Calls },
                new ChatMessage("tool", "sun") { ToolCallId = "a1" }, new ChatMessage("tool", "noon") { ToolCallId = "a2" },
            ],
        }));
        Assert.StartsWith("<system>Be kind.\n\n", prompt, StringComparison.Ordinal);
        Assert.Contains("{\"name\": \"get_weather\", \"description\": \"Weather in a place\", \"parameters\": " + Families.Weather.Parameters!.Value.GetRawText() + "}", prompt, StringComparison.Ordinal);
        Assert.Contains("<assistant>I look.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": ", prompt, StringComparison.Ordinal);
        Assert.Contains("\n<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call><e>", prompt, StringComparison.Ordinal);
        Assert.EndsWith("<user><tool_response>\nsun\n</tool_response>\n<tool_response>\nnoon\n</tool_response><e><a>", prompt, StringComparison.Ordinal);
    }

    [Fact]
    public void ATemplateThatRefusesSystemMessages_GetsTheFunctionsInTheFirstQuestion()
    {
        var format = Families.Of("{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + Plain);
        var prompt = Text(format.Prepare(Question with { Messages = [new ChatMessage("user", "Who?")] }));
        Assert.StartsWith("<user>You can call functions.", prompt, StringComparison.Ordinal);
        Assert.EndsWith("\n\nWho?<e><a>", prompt, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("developer", Plain, "<system>x<e><a>")]
    [InlineData("developer", Plain + "{# developer #}", "<developer>x<e><a>")]
    [InlineData("function", Plain, "<tool>x<e><a>")]
    [InlineData("function", Plain + "{# 'function' #}", "<function>x<e><a>")]
    public void NewerRolesAreTheOlderOnesWhereTheTemplateDoesNotNameThem(string role, string template, string expected) =>
        Assert.Equal(expected, Text(Families.Of(template).Prepare(new ConversationRequest { Messages = [new ChatMessage(role, "x")] })));

    [Fact]
    public void NoFunctions_NoGrammar_AndMarksAreText()
    {
        var conversation = Families.Format("hermes").Prepare(Question with { ToolChoice = ToolChoice.None });
        Assert.False(conversation.IsConstrained);
        Assert.Null(conversation.Grammar);
        Assert.Equal("<tool_call>\n{}</tool_call>", conversation.Parse("<tool_call>\n{}</tool_call>").Text);
        Assert.DoesNotContain("get_weather", Text(conversation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("get weather", "not valid")]
    [InlineData("", "not valid")]
    [InlineData("clock", "twice")]
    public void FunctionNamesAreChecked(string name, string expected)
    {
        var request = Question with { Tools = [Families.Clock, new ToolDefinition(name, null, null)] };
        Assert.Contains(expected, Assert.Throws<ArgumentException>(() => Families.Format("hermes").Prepare(request)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AChoiceThatCannotBeMade_IsAnError()
    {
        var format = Families.Format("hermes");
        Assert.Throws<ArgumentException>(() => format.Prepare(Question with { ToolChoice = ToolChoice.Named("nobody") }));
        Assert.Throws<ArgumentException>(() => format.Prepare(Question with { Tools = [], ToolChoice = ToolChoice.Required }));
        Assert.Throws<ArgumentException>(() => format.Prepare(Question with { Messages = [] }));
        Assert.Throws<ArgumentException>(() => format.Prepare(Question with { Tools = [.. Enumerable.Range(0, 129).Select(i => new ToolDefinition($"f{i}", null, null))] }));
    }

    [Fact]
    public void IdsFromElsewhere_BecomeNineLettersWhereTheFamilyWantsThem_AndStayPaired()
    {
        const string template = "{% for m in messages %}{% for c in m.tool_calls or [] %}[TOOL_CALLS]{{ c.id }}{{ c.function.name }}{% endfor %}{% if m.role == 'tool' %}={{ m.tool_call_id }}{% endif %}{% endfor %}"
            + "{% for t in tools or [] %} {{ t.function.name }}{% endfor %}";
        var prompt = Text(Families.Of(template).Prepare(Question with
        {
            Messages =
            [
                new ChatMessage("user", "?"), new ChatMessage("assistant", null) { ToolCalls = [new("call_0123456789", "clock", Families.Json("{}"))] },
                new ChatMessage("tool", "") { ToolCallId = "call_0123456789" },
            ],
        }));
        Assert.Matches("^\\[TOOL_CALLS\\](?<id>[A-Za-z0-9]{9})clock=\\k<id> get_weather clock$", prompt);
        var call = Assert.Single(Families.Prepare("mistral").Parse("[TOOL_CALLS][{\"name\": \"clock\", \"arguments\": {}}]").ToolCalls);
        Assert.Matches("^[A-Za-z0-9]{9}$", call.Id);
    }

    [Fact]
    public void ThinkingMayBeTurnedOffInThePrompt()
    {
        const string template = Plain + "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}";
        var format = Families.Of(template);
        Assert.Equal(("<think>", "</think>", false), (format.ReasoningStart, format.ReasoningEnd, format.TemplateStartsReasoning));
        var request = Question with { Tools = [] };
        var on = format.Prepare(request).Parse("<think>\na <b>\n</think>\n\nHi <think>");
        Assert.Equal(("a <b>", "Hi <think>"), (on.Reasoning, on.Text));
        var off = format.Prepare(request with { TemplateVariables = new Dictionary<string, object?> { ["enable_thinking"] = false } }).Parse("<think>x</think>");
        Assert.Equal((null, "<think>x</think>"), (off.Reasoning, off.Text));
    }

    [Fact]
    public void ReasoningThatIsNeverEnded_IsStillReasoning()
    {
        var parsed = Families.Of(Plain + "<think>").Prepare(Question with { Tools = [] }).Parse("\nstill at it </thin");
        Assert.Equal(("still at it </thin", ""), (parsed.Reasoning, parsed.Text));
    }

    [Fact]
    public void TheFormatOfAModelIsDetectedOnce_AndItsMarkersAreKept()
    {
        using var folder = new TestModel();
        foreach (var file in (string[])["tokenizer.json", "tokenizer_config.json"])
        {
            var path = Path.Combine(folder.Path, file);
            File.WriteAllText(path, File.ReadAllText(path)
                .Replace("\\u003C", "<", StringComparison.Ordinal).Replace("\\u003E", ">", StringComparison.Ordinal).Replace("<|reserved_0|>", "[TOOL_CALLS]", StringComparison.Ordinal));
        }

        File.WriteAllText(Path.Combine(folder.Path, "chat_template.jinja"), FamilyTemplates.All["mistral"]);
        using var model = ModelFile.Open(folder.Path);
        var format = ConversationFormat.Detect(model);
        Assert.Same(format, ConversationFormat.Detect(model));
        var marker = model.Tokenizer!.Find("[TOOL_CALLS]")!.Value;
        Assert.True(model.Tokenizer.IsSpecial(marker));
        Assert.Equal([marker], format.MarkerTokens);
        Assert.Equal([marker], format.Prepare(Question).KeepSpecialTokens);
        Assert.Empty(format.Prepare(Question with { Tools = [] }).KeepSpecialTokens);
        Assert.Equal("[TOOL_CALLS]"u8, format.CreateVocabulary(512).TextOf(marker));
        Assert.True(format.CreateVocabulary(512).TextOf(model.Tokenizer.EosId!.Value).IsEmpty);
        var text = new AnswerText(model.Tokenizer, [], format.MarkerTokens);
        Assert.Equal("[TOOL_CALLS]", text.Feed(marker) + text.Feed(model.Tokenizer.EosId.Value) + text.Finish());
        Assert.Equal("", new AnswerText(model.Tokenizer, []).Feed(marker));
    }

    [Fact]
    public void AModelsOwnToolTemplateIsTakenForConversationsWithFunctions()
    {
        var format = new ConversationFormat(new ChatTemplate(Plain), new ChatTemplate("with{% for t in tools or [] %} {{ t.function.name }}{% endfor %}{% for m in messages %}{% for c in m.tool_calls or [] %}<tool_call>{{ c.function.name }}{% endfor %}{% endfor %}"), Families.Tokenizer, []);
        Assert.Equal("with get_weather clock", Text(format.Prepare(Question)));
        Assert.Equal("<system>Be kind.<e><user>?<e><a>", Text(format.Prepare(Question with { Tools = [] })));
    }

    [Fact]
    public void ATemplateThatAdmitsOneCallAMessage_GetsThemOneByOne_EachWithItsResult()
    {
        const string template = "{% for t in tools or [] %}{{ t.function.name }}{% endfor %}{% for m in messages %}{% if (m.tool_calls or []) | length > 1 %}{{ raise_exception('one call') }}{% endif %}"
            + "{% for c in m.tool_calls or [] %}|{{ c.function.name }}<|python_tag|>{% endfor %}{{ m.content or '' }}{% endfor %}";
        var format = Families.Of(template);
        Assert.True(format.SingleCallsOnly);
        Assert.False(Families.Format("hermes").SingleCallsOnly);
        var conversation = format.Prepare(new ConversationRequest
        {
            Tools = [Families.Clock],
            ToolChoice = ToolChoice.Required,
            Messages =
            [
                new ChatMessage("user", "?"), new ChatMessage("assistant", "a") { ToolCalls = Families.Calls },
                new ChatMessage("tool", "2") { ToolCallId = "a2" }, new ChatMessage("tool", "1") { ToolCallId = "a1" }, new ChatMessage("user", "!"),
            ],
        });
        Assert.Equal("clock?|get_weather<|python_tag|>a1|clock<|python_tag|>2!", Text(conversation));
        var grammar = GrammarWalk.Compile(conversation.Grammar!);
        Assert.True(GrammarWalk.Admits(grammar, """{"name": "clock", "parameters": {}}"""));
        Assert.False(GrammarWalk.Admits(grammar, """{"name": "clock", "parameters": {}}; {"name": "clock", "parameters": {}}"""));
    }

    [Fact]
    public void IdsFromElsewhere_NameFunctionAndNumberWhereTheFamilyWantsThat()
    {
        const string template = "{% for t in tools or [] %}{{ t.function.name }}{% endfor %}{% for m in messages %}{% for c in m.tool_calls or [] %}<|tool_calls_section_begin|>{{ c.id }}{% endfor %}={{ m.tool_call_id }}{% endfor %}";
        var prompt = Text(Families.Of(template).Prepare(Question with
        {
            Messages = [new ChatMessage("assistant", null) { ToolCalls = Families.Calls }, new ChatMessage("tool", "") { ToolCallId = "a2" }],
        }));
        Assert.EndsWith("<|tool_calls_section_begin|>functions.get_weather:0<|tool_calls_section_begin|>functions.clock:1==functions.clock:1", prompt, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("granite", "{# <|tool_call|> #}", "<|tool_call|>[{\"name\": \"clock\", \"arguments\": {}}]")]
    [InlineData("hermes", "{# <tool_call> #}", "<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>")]
    [InlineData("generic", "{# <arg_key> #}", "<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>")]
    public void ATemplateThatShowsNoCalls_GetsThemAsText(string family, string mark, string expected)
    {
        var format = Families.Of(Plain + "{% for t in tools or [] %}{{ t.function.name }}{% endfor %}" + mark);
        Assert.Equal(family, format.Name);
        var prompt = Text(format.Prepare(Question with
        {
            Messages = [new ChatMessage("user", "?"), new ChatMessage("assistant", null) { ToolCalls = [new("c", "clock", Families.Json("{}"))] }, new ChatMessage("tool", "1") { ToolCallId = "c" }],
        }));
        Assert.Contains($"<assistant>{expected}<e>", prompt, StringComparison.Ordinal);
        Assert.Contains(family == "generic" ? "<user><tool_response>" : "<tool>1<e>", prompt, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"arguments": {"zone": "x"}, "name": "clock"}""", """{"zone": "x"}""")]
    [InlineData("""{"name": "clock", "arguments": "{\"zone\": \"x\"}"}""", """{"zone": "x"}""")]
    [InlineData("""{"name": "clock", "arguments": null}""", "{}")]
    [InlineData("""{"name": "clock"}""", "{}")]
    [InlineData("""{"id": 7, "type": "function", "name": "clock", "parameters": {}}""", "{}")]
    [InlineData("""{"name": "made_up", "arguments": {}}""", "{}")]
    [InlineData("""{"name": 7, "arguments": {}}""", null)]
    [InlineData("""{"name": "clock", "arguments": [1]}""", null)]
    [InlineData("""{"name": "clock", "arguments": "x"}""", null)]
    [InlineData("""{"name": "clock", "arguments": {}, "arguments": {}}""", null)]
    [InlineData("""{"name": "clock", "arguments": {"a": 1,}}""", null)]
    [InlineData("{}", null)]
    [InlineData("[]", null)]
    public void ACallMayBeWrittenInManyWays(string call, string? arguments)
    {
        var text = $"<tool_call>\n{call}\n</tool_call>";
        var parsed = Families.Prepare("hermes").Parse(text);
        if (arguments is null)
            Assert.Equal((text, 0), (parsed.Text, parsed.ToolCalls.Count));
        else
            Assert.True(System.Text.Json.JsonElement.DeepEquals(Families.Json(arguments), Assert.Single(parsed.ToolCalls).Arguments));
    }

    [Fact]
    public void WhereAFunctionIsStrict_UnknownOnesAreText()
    {
        var conversation = Families.Format("hermes").Prepare(Question with { Tools = [Families.Clock with { Strict = true }] });
        const string text = "<tool_call>{\"name\": \"made_up\", \"arguments\": {}}</tool_call>";
        Assert.Equal(text, conversation.Parse(text).Text);
    }

    [Fact]
    public void ACallThatFailsAfterItsStart_IsToldWithAllThatWasWritten()
    {
        const string text = "<tool_call>{\"name\": \"clock\", \"arguments\": {\"a\": x}}</tool_call>";
        var events = Families.Events(Families.Prepare("hermes").CreateParser(), text.Select(c => c.ToString()));
        Assert.Equal([AnswerEventKind.ToolCallStart, AnswerEventKind.ToolCallArguments, AnswerEventKind.ToolCallFailed, AnswerEventKind.Text], events.Select(e => e.Kind));
        Assert.Equal(text, events[2].Text + events[3].Text);
        Assert.Equal("{\"a\": ", events[1].Text);
    }

    [Fact]
    public void ArgumentsStreamAsTheyCome()
    {
        var parser = Families.Prepare("hermes").CreateParser();
        Assert.Empty(parser.Feed("<tool_call>\n{\"name\": \"clock\", \"argum"));
        Assert.Equal([AnswerEventKind.ToolCallStart, AnswerEventKind.ToolCallArguments], parser.Feed("ents\": {\"zone\": \"Eu").Select(e => e.Kind));
        Assert.Equal("rope", Assert.Single(parser.Feed("rope")).Text);
        Assert.Equal([AnswerEventKind.ToolCallArguments, AnswerEventKind.ToolCallEnd], parser.Feed("\"}}").Select(e => e.Kind));
    }

    [Fact]
    public void AFinishedParserTakesNoMore()
    {
        var parser = Families.Prepare("hermes").CreateParser();
        parser.Finish();
        Assert.Throws<InvalidOperationException>(() => parser.Feed("x"));
    }

    private static string Text(PreparedConversation conversation) => Families.Tokenizer.Decode(conversation.Prompt.Span);
}

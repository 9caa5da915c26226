using System.ComponentModel;
using System.Text.Json;
using Kvasir.Engine.Chat;
using Kvasir.Engine.Conversations;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Tests.Conversations;
using Kvasir.Grammars;
using Microsoft.Extensions.AI;

namespace Kvasir.Engine.Tests.Chats;

/// <summary>Functions and JSON answers through Microsoft.Extensions.AI, with a random model that would rather talk nonsense.</summary>
public sealed class FunctionCallingTests : IDisposable
{
    private readonly TestModel _model = new();

    private enum Colour
    {
        Red,
        Green,
    }

    public static TheoryData<string, bool> FamiliesAndStreaming
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var family in (string[])["hermes", "mistral", "llama3", "qwen3-coder", "lfm2"])
            {
                data.Add(family, false);
                data.Add(family, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(FamiliesAndStreaming))]
    public async Task ARequiredFunctionIsInvoked_AndTheAnswerFollows(string family, bool streaming)
    {
        using var inner = Client(family);
        using var client = inner.AsBuilder().UseFunctionInvocation().Build();
        var seen = new List<(int Level, bool On)>();
        [Description("x")]
        string Lamp([Description("y")] int level, bool on)
        {
            seen.Add((level, on));
            return "ok";
        }

        var schema = Families.Json("""{"type":"object","properties":{"level":{"type":"integer","minimum":3,"maximum":5},"on":{"type":"boolean"}},"required":["level","on"]}""");
        var options = new ChatOptions
        {
            Tools = [new Declared(AIFunctionFactory.Create(Lamp, "lamp"), schema)],
            ToolMode = ChatToolMode.RequireAny,
            AllowMultipleToolCalls = false,
            MaxOutputTokens = 150,
            Temperature = 1,
            Seed = 7,
        };
        var response = streaming
            ? await client.GetStreamingResponseAsync("x", options).ToChatResponseAsync()
            : await client.GetResponseAsync("x", options);
        var call = response.Messages.SelectMany(m => m.Contents).OfType<FunctionCallContent>().First();
        var result = response.Messages.SelectMany(m => m.Contents).OfType<FunctionResultContent>().First();
        Assert.Equal("lamp", call.Name);
        Assert.Equal(call.CallId, result.CallId);
        Assert.Equal("ok", result.Result?.ToString());
        Assert.NotEmpty(seen);
        Assert.All(seen, s => Assert.InRange(s.Level, 3, 5));
        Assert.Equal(ChatRole.Assistant, response.Messages[^1].Role);
        Assert.DoesNotContain(response.Messages[^1].Contents, c => c is FunctionResultContent);
    }

    [Fact]
    public async Task StreamedCallsAreTheWholeAnswersCalls()
    {
        using var client = Client("hermes");
        var options = new ChatOptions
        {
            Tools = [AIFunctionFactory.Create((Colour colour) => "", "paint"), AIFunctionFactory.Create(() => "", "stop")],
            ToolMode = ChatToolMode.RequireSpecific("paint"),
            MaxOutputTokens = 120,
            Temperature = 1,
        };
        var whole = await client.GetResponseAsync("x", options);
        var streamed = await client.GetStreamingResponseAsync("x", options).ToChatResponseAsync();
        var call = Assert.IsType<FunctionCallContent>(Assert.Single(whole.Messages[0].Contents));
        var again = Assert.Single(streamed.Messages.SelectMany(m => m.Contents).OfType<FunctionCallContent>());
        Assert.Equal(ChatFinishReason.ToolCalls, whole.FinishReason);
        Assert.Equal(ChatFinishReason.ToolCalls, streamed.FinishReason);
        Assert.Equal("paint", call.Name);
        Assert.Equal(JsonSerializer.Serialize(call.Arguments), JsonSerializer.Serialize(again.Arguments));
        Assert.NotEqual(call.CallId, again.CallId);
    }

    [Fact]
    public async Task AJsonSchemaIsKept()
    {
        using var client = Client("hermes");
        var schema = Families.Json("""{"type":"object","properties":{"n":{"type":"integer","minimum":1,"maximum":3},"c":{"enum":["red","green"]}},"required":["n","c"],"additionalProperties":false}""");
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema), MaxOutputTokens = 80, Temperature = 1 };
        for (var seed = 0; seed < 5; seed++)
        {
            options.Seed = seed;
            var text = (await client.GetResponseAsync("x", options)).Text;
            var streamed = (await client.GetStreamingResponseAsync("x", options).ToChatResponseAsync()).Text;
            Assert.Equal(text, streamed);
            var answer = Families.Json(text);
            Assert.InRange(answer.GetProperty("n").GetInt32(), 1, 3);
            Assert.Contains(answer.GetProperty("c").GetString(), (string[])["red", "green"]);
        }
    }

    [Fact]
    public async Task AMarkThatIsASpecialToken_IsSeenByGrammarStopStringsAndParser()
    {
        foreach (var file in (string[])["tokenizer.json", "tokenizer_config.json"])
        {
            var path = Path.Combine(_model.Path, file);
            File.WriteAllText(path, File.ReadAllText(path).Replace("\\u003C", "<", StringComparison.Ordinal).Replace("\\u003E", ">", StringComparison.Ordinal)
                .Replace("<|reserved_0|>", "[TOOL_CALLS]", StringComparison.Ordinal));
        }

        using var client = Client("mistral");
        var engine = (KvasirEngine)client.GetService(typeof(KvasirEngine))!;
        var format = ConversationFormat.Detect(engine.Model);
        var marker = engine.Tokenizer!.Find("[TOOL_CALLS]")!.Value;
        var conversation = format.Prepare(new ConversationRequest
        {
            Messages = [new Kvasir.Models.ChatMessage("user", "x")],
            Tools = [Families.Clock],
            ToolChoice = ToolChoice.Named("clock"),
        });
        var request = new GenerationRequest
        {
            Prompt = conversation.Prompt,
            MaxTokens = 100,
            Grammar = conversation.Compile(new GrammarCache(format.CreateVocabulary(engine.Config.VocabSize))),
            KeepSpecialTokens = conversation.KeepSpecialTokens,
            Sampling = new SamplingOptions { Temperature = 1, LogitBias = new Dictionary<int, float> { [marker] = 100 } },
        };
        var answer = await engine.Submit(request).Choices[0].CompleteAsync();
        Assert.Equal(marker, answer.Tokens[0]);
        Assert.StartsWith("[TOOL_CALLS]", answer.Text, StringComparison.Ordinal);
        Assert.Equal("clock", Assert.Single(conversation.Parse(answer.Text).ToolCalls).Name);
        var streamed = new System.Text.StringBuilder();
        await foreach (var text in engine.Submit(request).Choices[0].ReadTextAsync())
            streamed.Append(text);
        Assert.Equal(answer.Text, streamed.ToString());
        var stopped = await engine.Submit(request with { StopStrings = ["CALLS"] }).Choices[0].CompleteAsync();
        Assert.Equal("[TOOL_", stopped.Text);
        var other = CompiledGrammar.Compile(Grammar.Literal("x"), format.CreateVocabulary(engine.Config.VocabSize + 1));
        Assert.Contains("vocabulary", Assert.Throws<ArgumentException>(() => engine.Submit(request with { Grammar = other })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ToolsUnderNone_AreNotInThePrompt()
    {
        using var client = Client("hermes");
        var options = new ChatOptions { MaxOutputTokens = 5, Tools = [AIFunctionFactory.Create(() => "", "stop")], ToolMode = ChatToolMode.None };
        var without = await client.GetResponseAsync("x", new ChatOptions { MaxOutputTokens = 5 });
        var none = await client.GetResponseAsync("x", options);
        options.ToolMode = ChatToolMode.Auto;
        var auto = await client.GetResponseAsync("x", options);
        Assert.Equal(without.Usage!.InputTokenCount, none.Usage!.InputTokenCount);
        Assert.Equal(without.Text, none.Text);
        Assert.True(auto.Usage!.InputTokenCount > none.Usage.InputTokenCount);
    }

    public void Dispose() => _model.Dispose();

    private KvasirChatClient Client(string family)
    {
        // The context is small, and a random model that may think never comes to an end.
        var template = FamilyTemplates.All[family].Replace("{{ t | tojson }}", "{{ t.function.name }}", StringComparison.Ordinal)
            .Replace("think>", "thought>", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_model.Path, "chat_template.jinja"), template);
        return new KvasirChatClient(KvasirEngine.Load(_model.Path), ownsEngine: true);
    }

    /// <summary>A function with a schema of our own.</summary>
    private sealed class Declared(AIFunction inner, JsonElement schema) : DelegatingAIFunction(inner)
    {
        public override JsonElement JsonSchema => schema;
    }
}

using System.ClientModel;
using System.Text.Json;
using Kvasir.Serving.Tests.Support;
using OpenAI;
using OpenAI.Chat;

namespace Kvasir.Serving.Tests.Clients;

/// <summary>The official client of .NET against the real process.</summary>
public sealed class OpenAIClientTests(SharedProcess shared) : IClassFixture<SharedProcess>
{
    private static readonly ChatTool Weather = ChatTool.CreateFunctionTool("get_weather", "The weather of a city.", BinaryData.FromString(
        """{"type":"object","properties":{"city":{"type":"string","maxLength":12},"unit":{"enum":["C","F"]}},"required":["city","unit"],"additionalProperties":false}"""));

    private ChatClient Chat => Client.GetChatClient("kvasir-mini");

    private OpenAIClient Client => new(new ApiKeyCredential("unused-key"), new OpenAIClientOptions { Endpoint = shared.V1 });

    [Fact]
    public async Task AChat_IsAnswered_AndTheSecondOneReusesThePrompt()
    {
        var options = new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 12 };
        var question = new UserChatMessage("Who were the ravens of Odin, and what did they do all day long?");
        ChatCompletion first = await Chat.CompleteChatAsync([question], options);
        ChatCompletion second = await Chat.CompleteChatAsync([question], options);
        Assert.NotEmpty(first.Content[0].Text);
        Assert.Equal(first.Content[0].Text, second.Content[0].Text);
        Assert.Equal(second.Usage.InputTokenCount - 1, second.Usage.InputTokenDetails.CachedTokenCount);
        Assert.Equal(first.Usage.InputTokenCount + first.Usage.OutputTokenCount, first.Usage.TotalTokenCount);
    }

    [Fact]
    public async Task AStreamedChat_IsTheSameAsAWholeOne_AndBringsItsUsage()
    {
        var options = new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 16 };
        ChatCompletion whole = await Chat.CompleteChatAsync([new UserChatMessage("What is Yggdrasil?")], options);
        var text = "";
        ChatFinishReason? finish = null;
        ChatTokenUsage? usage = null;
        await foreach (var update in Chat.CompleteChatStreamingAsync([new UserChatMessage("What is Yggdrasil?")], options))
        {
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            finish ??= update.FinishReason;
            usage ??= update.Usage;
        }

        Assert.Equal(whole.Content[0].Text, text);
        Assert.Equal(whole.FinishReason, finish);
        Assert.Equal(whole.Usage.OutputTokenCount, usage!.OutputTokenCount);
        Assert.True(usage.InputTokenDetails.CachedTokenCount > 0);
    }

    [Fact]
    public async Task ANamedFunction_IsCalledWithValidArguments_WholeAndStreamed()
    {
        var options = new ChatCompletionOptions { Temperature = 0, Seed = 7, MaxOutputTokenCount = 120 };
        options.Tools.Add(Weather);
        options.ToolChoice = ChatToolChoice.CreateFunctionChoice("get_weather");
        ChatCompletion whole = await Chat.CompleteChatAsync([new UserChatMessage("How is the weather in Oslo?")], options);
        var call = Assert.Single(whole.ToolCalls);
        Assert.Equal(ChatFinishReason.ToolCalls, whole.FinishReason);
        Assert.Equal("get_weather", call.FunctionName);
        using var arguments = JsonDocument.Parse(call.FunctionArguments);
        Assert.Contains(arguments.RootElement.GetProperty("unit").GetString(), new[] { "C", "F" });

        var (name, streamed) = ("", "");
        await foreach (var update in Chat.CompleteChatStreamingAsync([new UserChatMessage("How is the weather in Oslo?")], options))
        {
            foreach (var part in update.ToolCallUpdates)
            {
                name += part.FunctionName;
                streamed += part.FunctionArgumentsUpdate?.ToString();
            }
        }

        Assert.Equal("get_weather", name);
        Assert.Equal(call.FunctionArguments.ToString(), streamed);
    }

    [Fact]
    public async Task AnAnswerInASchema_IsAnInstanceOfIt()
    {
        var options = new ChatCompletionOptions
        {
            Seed = 3,
            MaxOutputTokenCount = 200,
            ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("god", BinaryData.FromString(
                """{"type":"object","properties":{"name":{"type":"string","maxLength":20},"eyes":{"type":"integer","minimum":0,"maximum":2}},"required":["name","eyes"],"additionalProperties":false}"""), jsonSchemaIsStrict: true),
        };
        ChatCompletion answer = await Chat.CompleteChatAsync([new UserChatMessage("Describe Odin.")], options);
        using var json = JsonDocument.Parse(answer.Content[0].Text);
        Assert.Equal(["name", "eyes"], json.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.InRange(json.RootElement.GetProperty("eyes").GetInt32(), 0, 2);
    }

    [Fact]
    public async Task LogProbabilities_ComeWithEveryToken()
    {
        var options = new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 5, IncludeLogProbabilities = true, TopLogProbabilityCount = 3 };
        ChatCompletion answer = await Chat.CompleteChatAsync([new UserChatMessage("Who is Thor?")], options);
        Assert.Equal(answer.Usage.OutputTokenCount, answer.ContentTokenLogProbabilities.Count);
        Assert.Equal(answer.Content[0].Text, string.Concat(answer.ContentTokenLogProbabilities.Select(token => token.Token)));
        Assert.All(answer.ContentTokenLogProbabilities, token =>
        {
            Assert.Equal(3, token.TopLogProbabilities.Count);
            Assert.Equal(token.LogProbability, token.TopLogProbabilities[0].LogProbability);
        });
    }

    [Fact]
    public async Task AnUnknownModel_Is404()
    {
        var error = await Assert.ThrowsAsync<ClientResultException>(() => Client.GetChatClient("none").CompleteChatAsync(new UserChatMessage("Hello")));
        Assert.Equal(404, error.Status);
        Assert.Contains("none", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Embeddings_AreOfLengthOne_AndNearForEqualTexts()
    {
        var vectors = (await Client.GetEmbeddingClient("kvasir-mini").GenerateEmbeddingsAsync(["The raven flies.", "The raven flies.", "Stock prices fell by 7 %."])).Value
            .Select(embedding => embedding.ToFloats().ToArray()).ToArray();
        Assert.Equal(vectors[0], vectors[1]);
        Assert.InRange(Dot(vectors[0], vectors[0]), 0.999, 1.001);
        Assert.True(Dot(vectors[0], vectors[2]) < 0.99);

        static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
    }

    [Fact]
    public async Task Models_AreListed()
    {
        var models = await Client.GetOpenAIModelClient().GetModelsAsync();
        Assert.Equal("kvasir-mini", Assert.Single(models.Value).Id);
    }
}

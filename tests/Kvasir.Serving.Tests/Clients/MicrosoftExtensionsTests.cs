using System.ClientModel;
using System.ComponentModel;
using Kvasir.Serving.Tests.Support;
using Microsoft.Extensions.AI;
using OpenAI;

namespace Kvasir.Serving.Tests.Clients;

/// <summary>An agent of Microsoft.Extensions.AI against the real process.</summary>
public sealed class MicrosoftExtensionsTests(SharedProcess shared) : IClassFixture<SharedProcess>
{
    [Fact]
    public async Task AFunction_IsInvoked_AndTheAnswerFollows()
    {
        var asked = new List<string>();
        using var client = Client().AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions
        {
            Temperature = 0,
            MaxOutputTokens = 120,
            Tools = [AIFunctionFactory.Create(Weather, "get_weather")],
            ToolMode = ChatToolMode.RequireSpecific("get_weather"),
        };
        var response = await client.GetResponseAsync("How is the weather in Oslo?", options);
        Assert.Single(asked);
        Assert.Contains(response.Messages, message => message.Contents.OfType<FunctionResultContent>().Any());
        Assert.Equal(ChatRole.Assistant, response.Messages[^1].Role);

        [Description("The weather of a city.")]
        string Weather([Description("The city.")] Unit unit)
        {
            asked.Add(unit.ToString());
            return "rain, 7 degrees";
        }
    }

    [Fact]
    public async Task ATypedAnswer_IsOfItsType()
    {
        using var client = Client();
        var response = await client.GetResponseAsync<Unit>("Which unit?", new ChatOptions { Seed = 5, MaxOutputTokens = 40 });
        Assert.True(Enum.IsDefined(response.Result));
    }

    [Fact]
    public async Task Updates_ComeAsAStream()
    {
        using var client = Client();
        var updates = 0;
        await foreach (var update in client.GetStreamingResponseAsync("Who is Loki?", new ChatOptions { Temperature = 0, MaxOutputTokens = 8 }))
            updates += update.Text.Length > 0 ? 1 : 0;
        Assert.True(updates > 1, $"{updates} updates with text");
    }

    private IChatClient Client() =>
        new OpenAIClient(new ApiKeyCredential("unused-key"), new OpenAIClientOptions { Endpoint = shared.V1 }).GetChatClient("kvasir-mini").AsIChatClient();

    private enum Unit
    {
        Celsius,
        Fahrenheit,
    }
}

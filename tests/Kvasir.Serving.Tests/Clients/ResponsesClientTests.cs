using System.ClientModel;
using System.Text;
using Kvasir.Serving.Tests.Support;
using OpenAI.Responses;

namespace Kvasir.Serving.Tests.Clients;

/// <summary>The responses of the official .NET client against the real process.</summary>
public sealed class ResponsesClientTests(SharedProcess shared) : IClassFixture<SharedProcess>
{
    private ResponsesClient Client => new(new ApiKeyCredential("unused-key"), new ResponsesClientOptions { Endpoint = shared.V1 });

    [Fact]
    public async Task AResponse_IsTheSame_WholeAndStreamed()
    {
        var options = Options("What is Bifrost?");
        ResponseResult whole = await Client.CreateResponseAsync(options);
        Assert.Equal(ResponseStatus.Incomplete, whole.Status);
        Assert.True(whole.Usage.OutputTokenCount == 10, $"{whole.Usage.OutputTokenCount} tokens");
        var (deltas, done) = (new StringBuilder(), "");
        ResponseResult? last = null;
        await foreach (var update in await Client.CreateResponseStreamingAsync(Streamed(options)))
        {
            if (update is StreamingResponseOutputTextDeltaUpdate delta)
                deltas.Append(delta.Delta);
            else if (update is StreamingResponseOutputTextDoneUpdate text)
                done = text.Text;
            else if (update is StreamingResponseIncompleteUpdate incomplete)
                last = incomplete.Response;
        }

        Assert.Equal(whole.GetOutputText(), deltas.ToString());
        Assert.Equal(whole.GetOutputText(), done);
        Assert.Equal(whole.GetOutputText(), last!.GetOutputText());
        Assert.True(last.Usage.InputTokenDetails.CachedTokenCount > 0);
    }

    [Fact]
    public async Task AFunction_IsCalled_AndItsResultTaken()
    {
        var options = Options("How is the weather in Oslo?");
        options.MaxOutputTokenCount = 120;
        options.Tools.Add(ResponseTool.CreateFunctionTool("get_weather", BinaryData.FromString(
            """{"type":"object","properties":{"city":{"type":"string","maxLength":12}},"required":["city"],"additionalProperties":false}"""), strictModeEnabled: true));
        options.ToolChoice = ResponseToolChoice.CreateFunctionChoice("get_weather");
        ResponseResult first = await Client.CreateResponseAsync(options);
        var call = Assert.IsType<FunctionCallResponseItem>(Assert.Single(first.OutputItems));
        Assert.Equal("get_weather", call.FunctionName);

        var further = Options("How is the weather in Oslo?");
        further.InputItems.Add(call);
        further.InputItems.Add(ResponseItem.CreateFunctionCallOutputItem(call.CallId, "rain, 7 degrees"));
        ResponseResult second = await Client.CreateResponseAsync(further);
        Assert.NotEmpty(second.GetOutputText());
    }

    [Fact]
    public async Task WhatWouldHaveToBeKept_IsRefused()
    {
        var options = Options("And then?");
        options.PreviousResponseId = "resp_1";
        var error = await Assert.ThrowsAsync<ClientResultException>(() => Client.CreateResponseAsync(options));
        Assert.Equal(400, error.Status);
        Assert.Contains("previous_response_id", error.Message, StringComparison.Ordinal);
    }

    private static CreateResponseOptions Options(string question)
    {
        var options = new CreateResponseOptions { Model = "kvasir-mini", Temperature = 0, MaxOutputTokenCount = 10 };
        options.InputItems.Add(ResponseItem.CreateUserMessageItem(question));
        return options;
    }

    private static CreateResponseOptions Streamed(CreateResponseOptions options)
    {
        options.StreamingEnabled = true;
        return options;
    }
}

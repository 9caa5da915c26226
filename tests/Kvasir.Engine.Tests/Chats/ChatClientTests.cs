using Kvasir.Engine.Chat;
using Kvasir.Engine.Requests;
using Microsoft.Extensions.AI;

namespace Kvasir.Engine.Tests.Chats;

public sealed class ChatClientTests : IDisposable
{
    private readonly TestModel _model = new();

    [Fact]
    public async Task StreamedAnswer_IsTheWholeAnswer_AndUsageSaysWhatWasReused()
    {
        using var client = new KvasirChatClient(KvasirEngine.Load(_model.Path), ownsEngine: true);
        ChatMessage[] messages = [new(ChatRole.System, "ab"), new(ChatRole.User, "Who has the key?")];
        var options = new ChatOptions { MaxOutputTokens = 12, Temperature = 0.9f, Seed = 5 };
        var whole = await client.GetResponseAsync(messages, options);
        var streamed = await client.GetStreamingResponseAsync(messages, options).ToChatResponseAsync();
        Assert.Equal(whole.Text, streamed.Text);
        Assert.Equal(12, whole.Usage!.OutputTokenCount);
        Assert.Equal(ChatFinishReason.Length, streamed.FinishReason);
        Assert.Equal(0, whole.Usage.AdditionalCounts![KvasirChatClient.ReusedTokens]);
        Assert.Equal(streamed.Usage!.InputTokenCount - 1, streamed.Usage.AdditionalCounts![KvasirChatClient.ReusedTokens]);
    }

    [Fact]
    public async Task StopSequence_CutsTheAnswer()
    {
        using var client = new KvasirChatClient(KvasirEngine.Load(_model.Path), ownsEngine: true);
        var whole = (await client.GetResponseAsync("x", new ChatOptions { MaxOutputTokens = 30 })).Text;
        var stop = whole[(whole.Length / 2)..((whole.Length / 2) + 2)];
        var cut = await client.GetResponseAsync("x", new ChatOptions { MaxOutputTokens = 30, StopSequences = [stop] });
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], cut.Text);
        Assert.Equal(ChatFinishReason.Stop, cut.FinishReason);
        var streamed = "";
        await foreach (var update in client.GetStreamingResponseAsync("x", new ChatOptions { MaxOutputTokens = 30, StopSequences = [stop] }))
            streamed += update.Text;
        Assert.Equal(cut.Text, streamed);
    }

    [Fact]
    public async Task ToolsThatAreNoFunctions_AreRefusedInsteadOfIgnored()
    {
        using var client = new KvasirChatClient(KvasirEngine.Load(_model.Path), ownsEngine: true);
        var options = new ChatOptions { Tools = [new HostedWebSearchTool()] };
        await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync("x", options));
    }

    [Fact]
    public async Task Cancellation_EndsTheAnswer()
    {
        using var engine = KvasirEngine.Load(_model.Path);
        using var client = new KvasirChatClient(engine);
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in client.GetStreamingResponseAsync("x", new ChatOptions { MaxOutputTokens = 200 }, cancellation.Token))
                cancellation.Cancel();
        });
        Assert.Equal(0, (await engine.GetStatusAsync()).Running);
    }

    [Fact]
    public async Task Logprobs_AreReportedForEveryToken()
    {
        using var engine = KvasirEngine.Load(_model.Path);
        using var generation = engine.Submit(new GenerationRequest { Prompt = engine.Encode("abc"), MaxTokens = 6, IgnoreStopTokens = true, TopLogprobs = 3 });
        var answer = (await generation.CompleteAsync())[0];
        Assert.Equal(6, answer.Logprobs!.Count);
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(3, answer.TopLogprobs![i].Count);
            Assert.Equal(answer.Tokens[i], answer.TopLogprobs[i][0].Token);
            Assert.Equal(answer.Logprobs[i], answer.TopLogprobs[i][0].Logprob);
            Assert.True(answer.Logprobs[i] < 0);
        }
    }

    public void Dispose() => _model.Dispose();
}

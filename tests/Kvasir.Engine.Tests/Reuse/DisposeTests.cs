using Kvasir.Engine.Requests;
using Kvasir.Engine.Tests.Support;

namespace Kvasir.Engine.Tests.Reuse;

public sealed class DisposeTests
{
    [Fact]
    public async Task DisposedEngine_EndsAllAnswers_ThoseThatWaitForTheirForkToo()
    {
        // The first request keeps the only place, so the second's answers have not forked yet.
        var engine = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { MaxSequences = 1 });
        var running = engine.Submit(new GenerationRequest { Prompt = TinyModel.Tokens(8, 1), MaxTokens = 240, IgnoreStopTokens = true });
        var waiting = engine.Submit(new GenerationRequest { Prompt = TinyModel.Tokens(8, 2), MaxTokens = 240, IgnoreStopTokens = true, Choices = 3 });
        engine.Dispose();

        // Without the limit, an answer that never ends would stop the whole run instead of failing the test.
        var limit = TimeSpan.FromSeconds(30);
        Assert.Single(await running.CompleteAsync().WaitAsync(limit));
        Assert.All(await waiting.CompleteAsync().WaitAsync(limit), answer => Assert.Equal(FinishReason.Cancelled, answer.Finish));
    }

    [Fact]
    public async Task RequestsThatRaceWithTheEnd_AreRefusedOrEnded_AndNoneWaitsForever()
    {
        var refused = 0;
        var ended = 0;
        for (var round = 0; round < 30; round++)
        {
            var engine = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { Threads = 1 });
            using var start = new Barrier(3);
            var submits = Task.Run(async () =>
            {
                start.SignalAndWait();
                try
                {
                    for (var i = 0; i < 1000; i++)
                    {
                        using var generation = engine.Submit(new GenerationRequest { Prompt = TinyModel.Tokens(4, i), MaxTokens = 1, IgnoreStopTokens = true });
                        await generation.CompleteAsync();
                        ended++;
                    }
                }
                catch (ObjectDisposedException)
                {
                    refused++;
                }
            });
            var queries = Task.Run(async () =>
            {
                start.SignalAndWait();
                await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
                {
                    while (true)
                        await engine.GetStatusAsync();
                });
            });
            start.SignalAndWait();
            for (var i = 0; i < round; i++)
                await engine.GetStatusAsync();
            engine.Dispose();
            await Task.WhenAll(submits, queries).WaitAsync(TimeSpan.FromSeconds(30));
        }

        Assert.True(refused > 0 && ended > 0, $"{refused} refused, {ended} ended: the two never met");
    }
}

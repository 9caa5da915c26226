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
}

using Kvasir.Engine.Loading;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Retention;

namespace Kvasir.Engine.Tests.Reuse;

public sealed class PressureTests
{
    [Theory]
    [InlineData("lru")]
    [InlineData("lfu")]
    [InlineData("tinylfu")]
    [InlineData("cost-aware")]
    public async Task SmallPool_PreemptsAndStillGivesTheSameAnswers(string retention)
    {
        var requests = Enumerable.Range(0, 8)
            .Select(i => new GenerationRequest
            {
                Prompt = TinyModel.Tokens(30 + i, 20 + i),
                MaxTokens = 60,
                IgnoreStopTokens = true,
                Sampling = new SamplingOptions { Temperature = 0.8f, Seed = (ulong)i },
                WantReceipt = true,
            })
            .ToArray();
        var expected = new List<IReadOnlyList<string>>();
        using (var roomy = KvasirEngine.Load(TinyModel.Llama))
        {
            foreach (var request in requests)
            {
                using var generation = roomy.Submit(request);
                expected.Add((await generation.CompleteAsync())[0].Receipt!.LogitDigests);
            }
        }

        using var tight = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { KvBudgetBytes = Blocks(12), BlockRows = 16, Retention = RetentionPolicies.Create(retention) });
        var generations = requests.Select(tight.Submit).ToArray();
        for (var i = 0; i < generations.Length; i++)
            Assert.Equal(expected[i], (await generations[i].CompleteAsync())[0].Receipt!.LogitDigests);
        Assert.True((await tight.GetStatusAsync()).Preemptions > 0, "nothing was preempted, so the test shows nothing");
    }

    [Fact]
    public async Task CancelledRequests_LeaveNoBlockInUse()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { MaxBatchTokens = 16 });
        var generations = Enumerable.Range(0, 20)
            .Select(i => engine.Submit(new GenerationRequest { Prompt = TinyModel.Tokens(50, i), MaxTokens = 150, IgnoreStopTokens = true, Choices = 1 + (i % 3) }))
            .ToArray();
        foreach (var generation in generations)
            generation.Cancel();
        foreach (var generation in generations)
            Assert.All(await generation.CompleteAsync(), answer => Assert.Equal(FinishReason.Cancelled, answer.Finish));
        await engine.ClearCacheAsync();
        Assert.Equal((0, 0), await engine.QueryAsync(loop => (loop.Pool.UsedBlocks, loop.Pool.ReservedBlocks)));
    }

    [Fact]
    public void FullQueue_RefusesWithTheNumberThatWaits()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { MaxQueued = 3 });
        var refused = Assert.Throws<EngineOverloadedException>(() =>
        {
            for (var i = 0; i < 1000; i++)
                engine.Submit(new GenerationRequest { Prompt = TinyModel.Tokens(100, i), MaxTokens = 100, Choices = 3 });
        });
        Assert.Contains("MaxQueued", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswerWithoutALimit_IsAsLongAsTheKvBudgetAllows_AndALongerOneIsRefused()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { KvBudgetBytes = Blocks(6), BlockRows = 16 });
        var request = new GenerationRequest { Prompt = TinyModel.Tokens(30, 1), IgnoreStopTokens = true };
        using var generation = engine.Submit(request);
        var answer = (await generation.CompleteAsync())[0];
        Assert.Equal((FinishReason.Length, (5 * 16) - 30), (answer.Finish, answer.Tokens.Count));
        Assert.Contains("80", Assert.Throws<ContextLengthException>(() => engine.Submit(request with { MaxTokens = 51 })).Message, StringComparison.Ordinal);
        Assert.Throws<ContextLengthException>(() => engine.Submit(request with { Prompt = TinyModel.Tokens(80, 1) }));
    }

    [Fact]
    public void PromptOverTheContext_NamesBothNumbers()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        var error = Assert.Throws<ContextLengthException>(() => engine.Submit(new GenerationRequest { Prompt = TinyModel.Tokens(300, 1) }));
        Assert.Contains("300", error.Message, StringComparison.Ordinal);
        Assert.Contains("256", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WrongRequests_AreRefusedWithTheOptionsName()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        var prompt = TinyModel.Tokens(5, 1);
        Refused("empty", new GenerationRequest { Prompt = Array.Empty<int>() });
        Refused("700", new GenerationRequest { Prompt = new[] { 700 } });
        Refused("Choices", new GenerationRequest { Prompt = prompt, Choices = 0 });
        Refused("MaxTokens", new GenerationRequest { Prompt = prompt, MaxTokens = 0 });
        Refused("TopLogprobs", new GenerationRequest { Prompt = prompt, TopLogprobs = 21 });
        Refused("TopP", new GenerationRequest { Prompt = prompt, Sampling = new SamplingOptions { TopP = 0 } });

        void Refused(string word, GenerationRequest request) =>
            Assert.Contains(word, Assert.ThrowsAny<ArgumentException>(() => engine.Submit(request)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task QueryThatThrows_ReachesItsAsker_AndTheEngineGoesOn()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        await Assert.ThrowsAsync<FormatException>(() => engine.QueryAsync<int>(_ => throw new FormatException("asked for")));
        using var generation = engine.Submit(new GenerationRequest { Prompt = TinyModel.Tokens(5, 1), MaxTokens = 2, IgnoreStopTokens = true });
        Assert.Equal(2, (await generation.CompleteAsync())[0].Tokens.Count);
    }

    private static long Blocks(int count)
    {
        using var model = LoadedModel.Open(TinyModel.Llama, new EngineOptions { BlockRows = 16 });
        return count * model.Layout.BlockBytes;
    }
}

using Kvasir.Engine.Receipts;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Tests.Support;

namespace Kvasir.Engine.Tests.Reuse;

public sealed class PrefixReuseTests
{
    [Fact]
    public async Task PrefixHit_GivesTheSameBitsAsAColdRun()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { Threads = 2 });
        var shared = TinyModel.Tokens(77, 1);
        await Answer(engine, [.. shared, 5, 6, 7]);
        var warm = await Answer(engine, [.. shared, 8, 9]);
        var cold = await Answer(engine, [.. shared, 8, 9], useCache: false);
        Assert.Equal(77, warm.Statistics.ReusedTokens);
        Assert.Equal(0, cold.Statistics.ReusedTokens);
        Assert.Equal(cold.Receipt!.LogitDigests, warm.Receipt!.LogitDigests);
        Assert.Equal(cold.Tokens, warm.Tokens);
    }

    [Fact]
    public async Task WholePromptHit_ComputesOneRowBeforeTheFirstToken()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { Threads = 1 });
        var prompt = TinyModel.Tokens(96, 2);
        var first = await Answer(engine, prompt, maxTokens: 1);
        var before = (await engine.GetStatusAsync()).ComputedRows;
        var second = await Answer(engine, prompt, maxTokens: 1);
        Assert.Equal(95, second.Statistics.ReusedTokens);
        Assert.Equal(1, (await engine.GetStatusAsync()).ComputedRows - before);
        Assert.Equal(first.Receipt!.LogitDigests, second.Receipt!.LogitDigests);
    }

    [Fact]
    public async Task Reuse_IsPerToken_NotPerBlock()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        var prompt = TinyModel.Tokens(60, 3);
        await Answer(engine, prompt);
        for (var common = 1; common < 60; common += 7)
        {
            int[] other = [.. prompt[..common], (prompt[common] + 1) % 512, 3];
            Assert.Equal(common, (await Answer(engine, other)).Statistics.ReusedTokens);
        }
    }

    [Fact]
    public async Task AnswerOfAnEarlierTurn_IsReusedByTheNext()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        var prompt = TinyModel.Tokens(40, 4);
        var first = await Answer(engine, prompt, maxTokens: 20);
        var next = await Answer(engine, [.. prompt, .. first.Tokens, 11, 12, 13]);

        // The last token of an answer has no row: nothing was computed behind it.
        Assert.Equal(40 + 19, next.Statistics.ReusedTokens);
    }

    [Fact]
    public async Task OtherSalt_ReusesNothing()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        var prompt = TinyModel.Tokens(64, 5);
        await Answer(engine, prompt, salt: [1, 2, 3]);
        Assert.Equal(0, (await Answer(engine, prompt)).Statistics.ReusedTokens);
        Assert.Equal(0, (await Answer(engine, prompt, salt: [1, 2])).Statistics.ReusedTokens);
        Assert.Equal(63, (await Answer(engine, prompt, salt: [1, 2, 3])).Statistics.ReusedTokens);
    }

    [Fact]
    public async Task ClearedCache_ReusesNothing()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        var prompt = TinyModel.Tokens(64, 6);
        await Answer(engine, prompt);
        await engine.ClearCacheAsync();
        Assert.Equal(0, (await Answer(engine, prompt)).Statistics.ReusedTokens);
    }

    [Fact]
    public async Task SixteenSimultaneousPrompts_ComputeTheirCommonPrefixOnce()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { MaxBatchTokens = 64 });
        var shared = TinyModel.Tokens(200, 7);
        var generations = Enumerable.Range(0, 16)
            .Select(i => engine.Submit(new GenerationRequest { Prompt = (int[])[.. shared, i, i + 1], MaxTokens = 1 }))
            .ToArray();
        foreach (var generation in generations)
            await generation.CompleteAsync();
        var computed = (await engine.GetStatusAsync()).ComputedRows;
        Assert.InRange(computed, 200 + (16 * 2), 1.05 * (200 + (16 * 2)));
    }

    [Fact]
    public async Task WaitingPrompts_GoOnWhenTheOneTheyWaitForIsCancelled()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { MaxBatchTokens = 8 });
        var shared = TinyModel.Tokens(200, 8);
        using var first = engine.Submit(new GenerationRequest { Prompt = shared, MaxTokens = 20 });
        using var second = engine.Submit(new GenerationRequest { Prompt = (int[])[.. shared, 1], MaxTokens = 3 });
        first.Cancel();
        var answer = (await second.CompleteAsync())[0];
        Assert.Equal(3, answer.Tokens.Count);
        Assert.Equal(FinishReason.Cancelled, (await first.CompleteAsync())[0].Finish);
    }

    [Fact]
    public async Task Receipt_IsReplayedWithTheSameBits_AndAForgedOneIsFound()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama);
        var request = new GenerationRequest
        {
            Prompt = TinyModel.Tokens(50, 9),
            MaxTokens = 12,
            Choices = 3,
            IgnoreStopTokens = true,
            Sampling = new SamplingOptions
            {
                Temperature = 1.1f,
                TopP = 0.9f,
                Seed = 42,
                LogitBias = new Dictionary<int, float> { [3] = float.NegativeInfinity, [8] = 0.5f },
            },
            WantReceipt = true,
        };
        using var generation = engine.Submit(request);
        foreach (var answer in await generation.CompleteAsync())
        {
            var receipt = Receipt.Parse(answer.Receipt!.ToJson());
            Assert.True((await engine.ReplayAsync(receipt)).BitsEqual);
            var digests = receipt.LogitDigests.ToArray();
            digests[5] = digests[4];
            Assert.Equal(5, (await engine.ReplayAsync(receipt with { LogitDigests = digests })).FirstDifference);
            await Assert.ThrowsAsync<InvalidOperationException>(() => engine.ReplayAsync(receipt with { Model = "another" }));
        }
    }

    private static async Task<Answer> Answer(KvasirEngine engine, int[] prompt, bool useCache = true, int maxTokens = 8, byte[]? salt = null)
    {
        using var generation = engine.Submit(new GenerationRequest
        {
            Prompt = prompt,
            MaxTokens = maxTokens,
            IgnoreStopTokens = true,
            UsePrefixCache = useCache,
            CacheSalt = salt,
            WantReceipt = true,
        });
        return (await generation.CompleteAsync())[0];
    }
}

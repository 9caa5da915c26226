using Kvasir.Engine.Loading;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Policies;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Streaming;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Pool;

namespace Kvasir.Engine.Tests.Reuse;

public sealed class PoolPressureTests
{
    private readonly EngineOptions _options = new() { BlockRows = 16, Threads = 1 };

    [Fact]
    public void FailedStep_HoldsNoBlockBack()
    {
        using var model = LoadedModel.Open(TinyModel.Llama, _options);
        using var pool = new BlockPool(model.Layout, new BlockPoolOptions { CapacityBlocks = 12 });
        using var loop = new EngineLoop(model, pool, _options);
        var failing = Submit(loop, model, 0, TinyModel.Tokens(20, 1), 4, () => new FailingPolicy());
        Assert.Throws<EngineFailedException>(() => loop.Step());
        Assert.Equal((FinishReason.Failed, 0), (failing.Output.Finish, pool.UsedBlocks));

        var next = Submit(loop, model, 1, TinyModel.Tokens(20, 2), 4);
        while (!loop.IsIdle)
            loop.Step();
        Assert.Equal(FinishReason.Length, next.Output.Finish);
        loop.Index.Clear();
        Assert.Equal((0, 0), (pool.UsedBlocks, pool.ReservedBlocks));
        pool.CheckIntegrity();
    }

    [Fact]
    public void RequestThatCannotBeAdmittedYet_EvictsNothing()
    {
        using var model = LoadedModel.Open(TinyModel.Llama, _options);
        using var pool = new BlockPool(model.Layout, new BlockPoolOptions { CapacityBlocks = 12 });
        using var loop = new EngineLoop(model, pool, _options);
        Submit(loop, model, 0, TinyModel.Tokens(48, 1), 1);
        while (!loop.IsIdle)
            loop.Step();
        Assert.Equal(3, loop.Index.IdleBlocks);

        Submit(loop, model, 1, TinyModel.Tokens(60, 2), 60);
        loop.Step();
        var large = Submit(loop, model, 2, TinyModel.Tokens(170, 3), 1);
        for (var i = 0; i < 10; i++)
            loop.Step();
        Assert.Equal((SequenceStatus.Waiting, 0L), (large.Status, loop.Index.Evictions));
        while (!loop.IsIdle)
            loop.Step();
        Assert.Equal(FinishReason.Length, large.Output.Finish);
    }

    [Fact]
    public void PrefixThatDoesNotFitThePoolTwice_IsComputedForARaggedTable()
    {
        using var model = LoadedModel.Open(TinyModel.Llama, _options);
        using var pool = new BlockPool(model.Layout, new BlockPoolOptions { CapacityBlocks = 12 });
        using var loop = new EngineLoop(model, pool, _options);
        Submit(loop, model, 0, TinyModel.Tokens(128, 1), 1);
        while (!loop.IsIdle)
            loop.Step();
        var ragged = Submit(loop, model, 1, TinyModel.Tokens(128, 1), 4, () => new IdlePolicy());
        while (!loop.IsIdle)
            Assert.True(loop.Step(), "the request waits for memory that nobody will give back");
        Assert.Equal((FinishReason.Length, 0), (ragged.Output.Finish, ragged.ReusedTokens));
        loop.Index.Clear();
        Assert.Equal((0, 0), (pool.UsedBlocks, pool.ReservedBlocks));
    }

    [Fact]
    public async Task RequestsCancelledBeforeTheyStarted_LeaveTheQueueEmpty()
    {
        using var engine = KvasirEngine.Load(TinyModel.Llama, new EngineOptions { MaxQueued = 3 });
        using var blocked = new ManualResetEventSlim();
        var held = engine.QueryAsync(_ => blocked.Wait(TimeSpan.FromMinutes(1)));
        var cancelled = Enumerable.Range(0, 3).Select(i => engine.Submit(Request(i))).ToArray();
        foreach (var generation in cancelled)
            generation.Cancel();
        blocked.Set();
        await held;
        foreach (var generation in cancelled)
            await generation.CompleteAsync();
        await engine.GetStatusAsync();
        using var next = engine.Submit(Request(9));
        Assert.Equal(FinishReason.Length, (await next.CompleteAsync())[0].Finish);
    }

    [Fact]
    public void FurtherAnswersOfAWaitingRequest_Count()
    {
        using var model = LoadedModel.Open(TinyModel.Llama, _options);
        using var pool = new BlockPool(model.Layout, new BlockPoolOptions { CapacityBlocks = 12 });
        using var loop = new EngineLoop(model, pool, _options);
        var first = Submit(loop, model, 0, TinyModel.Tokens(20, 1), 3);
        first.Forks = [Create(model, 1, TinyModel.Tokens(20, 1), 3), Create(model, 2, TinyModel.Tokens(20, 1), 3)];
        Assert.Equal(3, loop.WaitingCount);
        loop.Step();
        Assert.Equal((0, 3), (loop.WaitingCount, loop.Running.Count));
    }

    private static GenerationRequest Request(int seed) => new() { Prompt = TinyModel.Tokens(20, seed), MaxTokens = 2, IgnoreStopTokens = true };

    private static Sequence Submit(
        EngineLoop loop, LoadedModel model, int arrival, int[] prompt, int answer, Func<ILayerPolicy>? policy = null)
    {
        var sequence = Create(model, arrival, prompt, answer, policy);
        loop.Submit(sequence);
        return sequence;
    }

    private static Sequence Create(LoadedModel model, int arrival, int[] prompt, int answer, Func<ILayerPolicy>? policy = null)
    {
        var request = new GenerationRequest { Prompt = prompt, MaxTokens = answer, IgnoreStopTokens = true, LayerPolicy = policy };
        return new Sequence(request, model.Scope(default), 0, answer, new TokenStream(answer, null), arrival, 0);
    }

    private sealed class IdlePolicy : ILayerPolicy
    {
        public string Name => "idle";

        public bool AllowsPrefixReuse => true;

        public void AfterKeysValues(in LayerContext context, LayerDecision decision)
        {
        }

        public void AfterAttention(in LayerContext context, LayerDecision decision)
        {
        }
    }

    private sealed class FailingPolicy : ILayerPolicy
    {
        public string Name => "failing";

        public bool AllowsPrefixReuse => false;

        public int NextSelectionPoint(int length) => int.MaxValue;

        public void AfterKeysValues(in LayerContext context, LayerDecision decision) => throw new InvalidOperationException("planned");

        public void AfterAttention(in LayerContext context, LayerDecision decision)
        {
        }
    }
}

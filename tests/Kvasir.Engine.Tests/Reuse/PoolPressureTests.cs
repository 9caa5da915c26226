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

    private static Sequence Submit(
        EngineLoop loop, LoadedModel model, int arrival, int[] prompt, int answer, Func<ILayerPolicy>? policy = null)
    {
        var request = new GenerationRequest { Prompt = prompt, MaxTokens = answer, IgnoreStopTokens = true, LayerPolicy = policy };
        var sequence = new Sequence(request, model.Scope(default), 0, answer, new TokenStream(answer, null), arrival, 0);
        loop.Submit(sequence);
        return sequence;
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

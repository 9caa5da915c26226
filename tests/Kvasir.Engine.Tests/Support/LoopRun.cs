using Kvasir.Engine.Embeddings;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Streaming;
using Kvasir.KvCache.Pool;

namespace Kvasir.Engine.Tests.Support;

/// <summary>An engine's loop without its thread: the test makes the steps.</summary>
internal sealed class LoopRun : IDisposable
{
    private readonly LoadedModel _model;
    private readonly BlockPool _pool;
    private readonly TimeProvider _time;
    private readonly AutoResetEvent _moved = new(false);
    private long _arrivals;

    public LoopRun(EngineOptions options, int blocks, string? model = null)
    {
        _model = LoadedModel.Open(model ?? TinyModel.Llama, options);
        _pool = new BlockPool(_model.Layout, KvasirEngine.PoolOptions(_model, options) with { BudgetBytes = null, CapacityBlocks = blocks });
        _time = options.Time;
        Loop = new EngineLoop(_model, _pool, options);
        if (Loop.Tiers is { } tiers)
            tiers.Wake = () => _moved.Set();
    }

    public EngineLoop Loop { get; }

    public BlockPool Pool => _pool;

    public LoadedModel Model => _model;

    /// <summary>Set when a load has ended.</summary>
    public WaitHandle Moved => _moved;

    /// <summary>Submits a request; its further answers wait as forks of the first.</summary>
    public Sequence Submit(GenerationRequest request)
    {
        var maxAnswer = request.MaxTokens!.Value;
        var sequences = new Sequence[request.Choices];
        for (var i = 0; i < sequences.Length; i++)
        {
            sequences[i] = new Sequence(
                request, _model.Scope(request, null), i, maxAnswer, new TokenStream(maxAnswer, request.TopLogprobs), _arrivals++, _time.GetTimestamp());
        }

        if (sequences.Length > 1)
            sequences[0].Forks = [.. sequences[1..]];
        Loop.Submit(sequences[0]);
        return sequences[0];
    }

    /// <summary>Submits a text to be embedded; its <see cref="Sequence.Pool"/> holds the vector once it has ended.</summary>
    public Sequence Submit(EmbeddingRequest request)
    {
        var sequence = new Sequence(
            request.ToGeneration(), _model.Scope(request.CacheSalt), 0, 0, new TokenStream(0, null), _arrivals++, _time.GetTimestamp())
        {
            Pool = new HiddenPool(request.Complete(settings: null).Pooling!.Value, _model.Config.HiddenSize),
        };
        Loop.Submit(sequence);
        return sequence;
    }

    /// <summary>Steps until nothing is left to do.</summary>
    public void Finish()
    {
        while (!Loop.IsIdle)
        {
            if (Loop.Step())
                continue;
            Assert.True(Loop.UntilNextDeadline is not null, "sequences wait, but none can run");
            Assert.True(_moved.WaitOne(TimeSpan.FromMinutes(1)), "a load neither ends nor fails");
        }
    }

    public void Dispose()
    {
        Loop.Dispose();
        _moved.Dispose();
        _pool.Dispose();
        _model.Dispose();
    }
}

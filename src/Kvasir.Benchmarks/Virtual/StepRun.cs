using System.Diagnostics;
using System.Runtime.InteropServices;
using Kvasir.Engine;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Streaming;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Virtual;

namespace Kvasir.Benchmarks.Virtual;

/// <summary>An engine's loop whose steps are timed.</summary>
internal sealed class StepRun : IDisposable
{
    private readonly LoadedModel _model;
    private readonly BlockPool _pool;
    private readonly EngineLoop _loop;
    private readonly Random _random;
    private long _arrivals;

    public StepRun(string model, EngineOptions options, long budgetBytes, Func<VirtualKvOptions, VirtualKvOptions>? change = null)
    {
        _model = LoadedModel.Open(model, options);
        var pool = KvasirEngine.PoolOptions(_model, options) with { BudgetBytes = budgetBytes };
        if (pool.Virtual is { } contiguous && change is not null)
            pool = pool with { Virtual = change(contiguous) };
        _pool = new BlockPool(_model.Layout, pool);
        _loop = new EngineLoop(_model, _pool, options);
        _random = new Random(17);
    }

    /// <summary>Sees every logits row: arrival of the sequence, its length, the bits.</summary>
    public Action<long, int, byte[]>? Observer
    {
        set => _loop.Observer = value is null ? null : (sequence, logits) => value(sequence.Arrival, sequence.Length, MemoryMarshal.AsBytes(logits).ToArray());
    }

    /// <summary>How contiguous KV stands.</summary>
    public VirtualKvStatus Status => _pool.Space?.Status ?? default;

    /// <summary>Time in steps so far.</summary>
    public TimeSpan Time { get; private set; }

    public int Running => _loop.Running.Count;

    public bool IsIdle => _loop.IsIdle;

    /// <summary>Submits a random prompt.</summary>
    public Sequence Submit(int promptRows, int answer, int? seed = null)
    {
        var random = seed is { } given ? new Random(given) : _random;
        var prompt = new int[promptRows];
        foreach (ref var token in prompt.AsSpan())
            token = random.Next(_model.Config.VocabSize);
        var request = new GenerationRequest { Prompt = prompt, MaxTokens = answer, IgnoreStopTokens = true, UsePrefixCache = false };
        var sequence = new Sequence(request, _model.Scope(default), 0, answer, new TokenStream(answer, null), _arrivals++, 0);
        _loop.Submit(sequence);
        return sequence;
    }

    /// <summary>Makes a step.</summary>
    public void Step()
    {
        var start = Stopwatch.GetTimestamp();
        _loop.Step();
        Time += Stopwatch.GetElapsedTime(start);
    }

    public void Dispose()
    {
        _loop.Dispose();
        _pool.Dispose();
        _model.Dispose();
    }
}

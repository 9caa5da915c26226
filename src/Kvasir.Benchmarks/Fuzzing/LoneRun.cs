using Kvasir.Engine;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Streaming;
using Kvasir.KvCache.Pool;

namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>
/// Runs a request alone: no neighbours, no earlier rows, steps as long as can be. An answer that is approximate has no cold run to be compared
/// with, but must be the same in any company.
/// </summary>
internal sealed class LoneRun : IDisposable
{
    private readonly LoadedModel _model;
    private readonly EngineLoop _loop;
    private readonly BlockPool _pool;
    private readonly Dictionary<int, float[]> _logits = [];

    /// <param name="model">The model, whose layout is that of the schedule.</param>
    /// <param name="maxTokens">Tokens of the longest sequence.</param>
    public LoneRun(LoadedModel model, int maxTokens)
    {
        _model = model;
        var options = new EngineOptions { MaxBatchTokens = 1024, MaxSequences = 1, BlockRows = model.Layout.BlockRows, PoisonFreedRows = true };
        var blocks = 4 * ((maxTokens / model.Layout.BlockRows) + 2);
        _pool = new BlockPool(model.Layout, new BlockPoolOptions { CapacityBlocks = blocks, PoisonFreedRows = true });
        _loop = new EngineLoop(model, _pool, options) { Observer = (sequence, logits) => _logits[sequence.Length - 1] = logits.ToArray() };
    }

    /// <summary>Logits by position of the same request with the same answer.</summary>
    public IReadOnlyDictionary<int, float[]> Run(Sequence sequence)
    {
        _logits.Clear();
        int[] answer = [.. sequence.Tokens[sequence.PromptLength..], 0]; // what a stop token was chosen from is compared too
        var request = sequence.Request with { Choices = 1, Continuation = answer, MaxTokens = answer.Length, IgnoreStopTokens = true, UsePrefixCache = false };
        _loop.Submit(new Sequence(request, _model.Scope(request.CacheSalt), 0, request.MaxTokens.Value, new TokenStream(request.MaxTokens.Value, null), 0, 0));
        while (!_loop.IsIdle && _loop.Step())
        {
        }

        if (!_loop.IsIdle)
            throw new InvalidOperationException("the request does not run alone");
        _loop.Index.Clear();
        return _logits;
    }

    public void Dispose()
    {
        _loop.Dispose();
        _pool.Dispose();
    }
}

using Kvasir.Engine.Loading;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Streaming;
using Kvasir.KvCache.Pool;

namespace Kvasir.Engine.Compression.Profiling;

/// <summary>Runs one request after the other on a loop of its own, on the caller's thread.</summary>
internal sealed class ProfileRun : IDisposable
{
    private readonly LoadedModel _model;
    private readonly BlockPool _pool;
    private readonly EngineLoop _loop;
    private int _arrivals;

    public ProfileRun(LoadedModel model, int longest, int stepRows)
    {
        _model = model;
        var blocks = 16 + (2 * longest / model.Layout.BlockRows);
        _pool = new BlockPool(model.Layout, new BlockPoolOptions { CapacityBlocks = blocks });
        _loop = new EngineLoop(model, _pool, new EngineOptions { MaxBatchTokens = stepRows, MaxSequences = 1, BlockRows = model.Layout.BlockRows });
    }

    /// <summary>Runs a request to its end.</summary>
    /// <param name="request">The request.</param>
    /// <param name="onLogits">Sees the logits of every answer token, before it is chosen.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>The tokens of the answer.</returns>
    public int[] Run(GenerationRequest request, Action<ReadOnlyMemory<float>>? onLogits, CancellationToken cancellation)
    {
        _loop.Observer = onLogits is null ? null : (_, row) => onLogits(row.ToArray());
        var sequence = new Sequence(request, _model.Scope(default), 0, request.MaxTokens!.Value, new TokenStream(request.MaxTokens.Value, null), _arrivals++, 0);
        _loop.SubmitUnchecked(sequence);
        while (!_loop.IsIdle)
        {
            cancellation.ThrowIfCancellationRequested();
            _loop.Step();
        }

        return sequence.Tokens[request.Prompt.Length..].ToArray();
    }

    public void Dispose()
    {
        _loop.Dispose();
        _pool.Dispose();
    }
}

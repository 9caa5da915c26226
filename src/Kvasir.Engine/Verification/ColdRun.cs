using Kvasir.Engine.Adapters;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Recurrent;
using Kvasir.Engine.Running;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Tables;

namespace Kvasir.Engine.Verification;

/// <summary>
/// A cold, lone run: one sequence, its own pool, nothing reused. What every other way of computing the same rows is compared with.
/// </summary>
internal sealed class ColdRun : IDisposable
{
    private readonly LoadedModel _model;
    private readonly BlockPool _pool;
    private readonly BlockReservation _reservation;
    private readonly ModelRunner _runner;
    private readonly int[] _positions;
    private readonly StateMemory? _states;
    private readonly RecurrentState? _state;

    /// <param name="model">The model; stays the caller's.</param>
    /// <param name="maxTokens">Longest sequence.</param>
    /// <param name="chunk">Rows a step; all of them give logits.</param>
    public ColdRun(LoadedModel model, int maxTokens, int chunk = 64)
    {
        _model = model;
        var blocks = (maxTokens + model.Layout.BlockRows) / model.Layout.BlockRows;
        _pool = new BlockPool(model.Layout, new BlockPoolOptions { CapacityBlocks = blocks });
        if (!_pool.TryReserve(blocks, out var reservation))
            throw new InvalidOperationException($"a pool of {blocks} blocks did not reserve them");
        _reservation = reservation!;
        _runner = new ModelRunner(model, chunk, maxSequences: 1, maxLogitRows: chunk);
        _positions = new int[chunk];
        Table = new UniformTable(_pool);
        if (model.Config.Recurrent is not null)
        {
            _states = new StateMemory(new StateShape(model.Config), model.Backend, running: 1, snapshots: 0);
            _state = _states.Take();
        }
    }

    /// <summary>The rows computed so far.</summary>
    public UniformTable Table { get; private set; }

    /// <summary>The adapter to run with, or null for the bare model; stays the caller's.</summary>
    public LoadedAdapter? Adapter { get; set; }

    /// <summary>Sees the inputs of matrix multiplications.</summary>
    public IActivationObserver? Observer
    {
        get => _runner.Observer;
        set => _runner.Observer = value;
    }

    /// <summary>Called for every row, in order: its position and its logits, valid during the call.</summary>
    public delegate void RowHandler(int position, ReadOnlySpan<float> logits);

    /// <summary>Forgets the sequence.</summary>
    public void Reset()
    {
        Table.Dispose();
        Table = new UniformTable(_pool);
        _reservation.TryGrow(_pool.AvailableBlocks);
        _state?.Clear();
    }

    /// <summary>
    /// Computes the rows of <paramref name="tokens"/> that are not computed yet and hands out their logits.
    /// </summary>
    public void Extend(ReadOnlySpan<int> tokens, RowHandler handler, CancellationToken cancellation = default)
    {
        while (Table.Length < tokens.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            var first = Table.Length;
            var rows = Math.Min(_positions.Length, tokens.Length - first);
            for (var i = 0; i < rows; i++)
                _positions[i] = first + i;
            Table.Extend(first + rows, _reservation);
            _runner.Batch.Clear();
            _runner.Batch.Add(tokens, _positions.AsSpan(0, rows), 0, _model.Config.Layers, tokens.Length, Table, policy: null, Adapter, state: _state);
            _runner.Run();
            if (_state is not null)
                _state.Position += rows;
            for (var i = 0; i < rows; i++)
                handler(first + i, _runner.Logits(i));
        }
    }

    public void Dispose()
    {
        Table.Dispose();
        _reservation.Dispose();
        _runner.Dispose();
        _states?.Dispose();
        _pool.Dispose();
    }
}

using Kvasir.Compute;
using Kvasir.KvCache.Identity;
using Kvasir.Numerics;

namespace Kvasir.Engine.Recurrent;

/// <summary>
/// The recurrent states of running sequences, and snapshots of states at borders of blocks: a prefix of the cache can be gone on from only
/// where there is one. Snapshots are few, because states are large; the one that was used least recently gives way. Used by the engine's
/// thread.
/// </summary>
internal sealed unsafe class StateMemory : IDisposable
{
    private readonly StateShape _shape;
    private readonly IComputeBackend _backend;
    private readonly List<NativeBuffer> _made = [];
    private readonly Stack<RecurrentState> _free = [];
    private readonly Dictionary<BlockKey, LinkedListNode<(BlockKey Key, RecurrentState State)>> _snapshots = [];
    private readonly LinkedList<(BlockKey Key, RecurrentState State)> _order = [];
    private readonly int _mostSnapshots;
    private readonly int _most;

    /// <param name="shape">Shape of a state.</param>
    /// <param name="backend">Whose memory it is.</param>
    /// <param name="running">Most sequences that run.</param>
    /// <param name="snapshots">Most snapshots.</param>
    public StateMemory(StateShape shape, IComputeBackend backend, int running, int snapshots)
    {
        _shape = shape;
        _backend = backend;
        _mostSnapshots = snapshots;

        // One more for a snapshot in the making of each sequence that runs.
        _most = (2 * running) + snapshots;
    }

    /// <summary>Snapshots that are kept.</summary>
    public int SnapshotCount => _snapshots.Count;

    /// <summary>A state before any row. The caller returns it.</summary>
    public RecurrentState Take()
    {
        var state = Pop();
        state.Clear();
        return state;
    }

    /// <summary>Takes a state back, with a snapshot in the making.</summary>
    public void Return(RecurrentState state)
    {
        if (state.Snapshot is { } unfinished)
            _free.Push(unfinished);
        state.Snapshot = null;
        state.SnapshotRow = 0;
        _free.Push(state);
    }

    /// <summary>The snapshot behind a prefix, or null; it counts as used.</summary>
    public RecurrentState? Find(BlockKey prefix)
    {
        if (!_snapshots.TryGetValue(prefix, out var node))
            return null;
        _order.Remove(node);
        _order.AddLast(node);
        return node.Value.State;
    }

    /// <summary>Plans a snapshot in the next step of a sequence.</summary>
    /// <param name="state">The sequence's state.</param>
    /// <param name="rows">Rows of the step after which to take it.</param>
    public void Plan(RecurrentState state, int rows)
    {
        state.Snapshot ??= Pop();
        state.Snapshot.Position = state.Position + rows;
        state.SnapshotRow = rows;
    }

    /// <summary>Keeps what was planned, now that the step has run.</summary>
    /// <param name="state">The sequence's state.</param>
    /// <param name="prefix">Key of the rows before the snapshot.</param>
    public void Keep(RecurrentState state, BlockKey prefix)
    {
        var snapshot = state.Snapshot!;
        state.Snapshot = null;
        state.SnapshotRow = 0;
        if (Find(prefix) is not null || _mostSnapshots == 0)
        {
            _free.Push(snapshot); // the same bits are there
            return;
        }

        if (_snapshots.Count == _mostSnapshots)
        {
            var oldest = _order.First!;
            _order.Remove(oldest);
            _snapshots.Remove(oldest.Value.Key);
            _free.Push(oldest.Value.State);
        }

        _snapshots.Add(prefix, _order.AddLast((prefix, snapshot)));
    }

    /// <summary>Forgets all snapshots.</summary>
    public void Clear()
    {
        foreach (var (_, state) in _order)
            _free.Push(state);
        _order.Clear();
        _snapshots.Clear();
    }

    public void Dispose()
    {
        foreach (var memory in _made)
            memory.Dispose();
    }

    /// <summary>How many snapshots fit a budget: at least a few, and no more than are ever of use.</summary>
    public static int SnapshotsFor(StateShape shape, long budgetBytes) => (int)Math.Clamp(budgetBytes / shape.Bytes, 4, 1024);

    /// <summary>Memory that is free, or was never used: it is taken once, when it is first needed.</summary>
    private RecurrentState Pop()
    {
        if (_free.TryPop(out var state))
            return state;
        if (_made.Count == _most)
            throw new InvalidOperationException($"all {_most} recurrent states are in use");
        var memory = _backend.Allocate((nuint)_shape.Bytes);
        _made.Add(memory);
        return new RecurrentState(_shape, (float*)memory.Pointer);
    }
}

using Kvasir.Engine.Loading;
using Kvasir.Engine.Sequences;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Index;

namespace Kvasir.Engine.Recurrent;

/// <summary>
/// The recurrent states of the engine's sequences. A prefix hit reaches to a border of blocks where a snapshot is, and begins with a copy of
/// it: exactly the state that computing these rows would leave. Snapshots are taken at the last border that a step passes.
/// </summary>
internal sealed class SequenceStates(LoadedModel model, int maxSequences) : IDisposable
{
    /// <summary>Memory for snapshots.</summary>
    private const long SnapshotBytes = 256L << 20;

    private readonly StateMemory _memory = Open(model, maxSequences);

    private int BlockRows => model.Layout.BlockRows;

    /// <summary>Cuts a prefix hit down to the last border with a snapshot; returns the tokens that are left.</summary>
    public int Shorten(PrefixMatch? match)
    {
        if (match is null)
            return 0;
        var keys = match.Keys;
        var blocks = match.TokenCount / BlockRows;
        while (blocks > 0 && _memory.Find(keys[blocks - 1]) is null)
            blocks--;
        match.Shorten(blocks * BlockRows);
        return match.TokenCount;
    }

    /// <summary>Gives an admitted sequence its state: that behind the prefix, which <see cref="Shorten"/> has cut.</summary>
    public void Begin(Sequence sequence, PrefixMatch? match)
    {
        sequence.State = _memory.Take();
        var blocks = (match?.TokenCount ?? 0) / BlockRows;
        if (blocks > 0)
            sequence.State.CopyFrom(_memory.Find(match!.Keys[blocks - 1])!);
    }

    /// <summary>Gives a fork its parent's state.</summary>
    public void Fork(Sequence sequence, Sequence parent)
    {
        sequence.State = _memory.Take();
        sequence.State.CopyFrom(parent.State!);
    }

    /// <summary>Takes the state of a sequence that ends or goes back to wait.</summary>
    public void End(Sequence sequence)
    {
        if (sequence.State is { } state)
            _memory.Return(state);
        sequence.State = null;
    }

    /// <summary>Plans a snapshot at the last border of blocks that the sequence's rows of the next step reach.</summary>
    public void PlanSnapshot(Sequence sequence, int first, int rows)
    {
        var border = (first + rows) / BlockRows * BlockRows;
        if (border > first && sequence.Request.UsePrefixCache)
            _memory.Plan(sequence.State!, border - first);
    }

    /// <summary>A step with rows of the sequence has run.</summary>
    public void Advance(Sequence sequence, int rows)
    {
        var state = sequence.State!;
        state.Position += rows;
        if (state.SnapshotRow == 0)
            return;
        var keys = sequence.Keys ??= new KeyChain(sequence.Scope, BlockRows);
        _memory.Keep(state, keys.At(state.Snapshot!.Position / BlockRows, sequence.Tokens));
    }

    public void Dispose() => _memory.Dispose();

    private static StateMemory Open(LoadedModel model, int maxSequences)
    {
        var shape = new StateShape(model.Config);
        return new StateMemory(shape, model.Backend, maxSequences, StateMemory.SnapshotsFor(shape, SnapshotBytes));
    }
}

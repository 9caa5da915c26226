using System.Runtime.InteropServices;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Plans;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Running;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Scheduling;
using Kvasir.Engine.Sequences;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;

namespace Kvasir.Engine.Loop;

/// <summary>
/// The loop: each step admits waiting sequences, runs one batch, samples, and finishes what is done. One thread owns it.
/// </summary>
internal sealed class EngineLoop : IDisposable
{
    private readonly EngineOptions _options;
    private readonly LoadedModel _model;
    private readonly BlockPool _pool;
    private readonly PrefixIndex _index;
    private readonly ModelRunner _runner;
    private readonly SequenceMemory _memory;
    private readonly AnswerWriter _writer;
    private readonly List<Sequence> _running = [];
    private readonly List<Sequence> _waiting = [];
    private readonly List<Sequence> _candidates = [];
    private readonly List<SequenceSnapshot> _snapshots = [];
    private readonly List<ScheduleEntry> _order = [];
    private readonly List<BatchMember> _batch = [];
    private readonly int[] _positions;
    private long _steps;
    private long _computedRows;
    private long _reusedTokens;
    private long _promptTokens;
    private long _preemptions;

    /// <param name="Sequence">The sequence.</param>
    /// <param name="Rows">Its rows in the step.</param>
    /// <param name="LogitRow">Its logits row, or -1 when its prompt is not complete yet.</param>
    private readonly record struct BatchMember(Sequence Sequence, int Rows, int LogitRow);

    public EngineLoop(LoadedModel model, BlockPool pool, EngineOptions options)
    {
        _model = model;
        _options = options;
        _pool = pool;
        _index = new PrefixIndex(pool, options.Retention);
        _runner = new ModelRunner(model, options.MaxBatchTokens, options.MaxSequences, Math.Min(options.MaxSequences, options.MaxBatchTokens));
        _memory = new SequenceMemory(model, pool, _index);
        _writer = new AnswerWriter(model, options.Time);
        _positions = new int[options.MaxBatchTokens];
    }

    public EngineCounters Counters => new(
        _steps, _computedRows, _reusedTokens, _promptTokens, _writer.SampledTokens, _preemptions, _running.Count, _waiting.Count);

    public PrefixIndex Index => _index;

    public BlockPool Pool => _pool;

    /// <summary>Sees every logits row before it is changed or sampled; for verification.</summary>
    public LogitsObserver? Observer { get; set; }

    public delegate void LogitsObserver(Sequence sequence, ReadOnlySpan<float> logits);

    /// <summary>Sees the rows of a sequence just before they are released; for verification.</summary>
    public Action<Sequence>? BeforeRelease
    {
        get => _memory.BeforeRelease;
        set => _memory.BeforeRelease = value;
    }

    /// <summary>True when there is nothing to do.</summary>
    public bool IsIdle => _running.Count == 0 && _waiting.Count == 0;

    /// <summary>Sequences that wait, further answers of waiting requests included.</summary>
    public int WaitingCount
    {
        get
        {
            var count = _waiting.Count;
            foreach (var sequence in _waiting)
                count += sequence.Forks?.Count ?? 0;
            return count;
        }
    }

    public void Submit(Sequence sequence) => InsertByArrival(_waiting, sequence);

    /// <summary>Ends sequences wherever they are in their life; finished ones are left alone.</summary>
    public void Cancel(IReadOnlyList<Sequence> sequences)
    {
        foreach (var sequence in sequences)
        {
            if (sequence.Status != SequenceStatus.Finished)
                Finish(sequence, FinishReason.Cancelled);
        }
    }

    /// <summary>Ends everything with an error.</summary>
    public void FailAll(Exception error)
    {
        foreach (var sequence in _running.Concat(_waiting).ToArray())
            Finish(sequence, FinishReason.Failed, error);
    }

    /// <summary>Sends a running sequence back to wait; its rows are computed again, or found in the prefix cache.</summary>
    public void Preempt(Sequence sequence)
    {
        _memory.Release(sequence, keepInCache: true);
        sequence.Status = SequenceStatus.Waiting;
        sequence.Preemptions++;
        _preemptions++;
        _running.Remove(sequence);
        InsertByArrival(_waiting, sequence);
    }

    public IReadOnlyList<Sequence> Running => _running;

    /// <summary>Runs one step; false when no sequence could take part.</summary>
    /// <exception cref="EngineFailedException">The step failed; its sequences have ended with the same error.</exception>
    public bool Step()
    {
        FillBatch();
        if (_batch.Count == 0)
            return false;
        var fence = _pool.OpenFence();
        try
        {
            _runner.Run();
            foreach (var member in _batch)
                Advance(member);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            var error = new EngineFailedException($"a step of {_batch.Count} sequences failed: {exception.Message}", exception);
            foreach (var member in _batch)
            {
                if (member.Sequence.Status != SequenceStatus.Finished)
                    Finish(member.Sequence, FinishReason.Failed, error);
            }

            throw error;
        }
        finally
        {
            // A step that failed is over too: left open, its fence would hold back every block released from now on.
            _pool.CloseFence(fence);
        }

        _steps++;
        return true;
    }

    public void Dispose()
    {
        // Until none is left: the further answers of a request that has not forked yet begin to wait when its first one ends.
        while (!IsIdle)
            Finish(_running.Count > 0 ? _running[^1] : _waiting[^1], FinishReason.Cancelled);
        _index.Clear();
        _runner.Dispose();
    }

    private void FillBatch()
    {
        _batch.Clear();
        _runner.Batch.Clear();
        TakeSnapshot();
        _order.Clear();
        _options.Scheduling.Order(CollectionsMarshal.AsSpan(_snapshots), _options.MaxBatchTokens, _order);
        var budget = _options.MaxBatchTokens;
        var admitting = true;
        foreach (var entry in _order)
        {
            if (budget == 0 || _batch.Count == _options.MaxSequences)
                break;
            var sequence = _candidates[entry.Index];
            if (sequence.Status == SequenceStatus.Waiting)
            {
                if (!admitting || sequence.Preemptions > 0 && WasPreemptedInThisStep(entry.Index))
                    continue;
                admitting = Admit(sequence, out var promised);
                if (!admitting || promised)
                    continue;
            }

            if (sequence.Status == SequenceStatus.Running)
                budget -= AddToBatch(sequence, Math.Min(entry.MaxRows, budget));
        }
    }

    private void TakeSnapshot()
    {
        _candidates.Clear();
        _snapshots.Clear();
        foreach (var sequence in _running)
            Snapshot(sequence, running: true);
        foreach (var sequence in _waiting)
            Snapshot(sequence, running: false);

        void Snapshot(Sequence sequence, bool running)
        {
            _snapshots.Add(new SequenceSnapshot(
                _candidates.Count,
                sequence.Arrival,
                running,
                sequence.Length - sequence.ComputedLength,
                sequence.ComputedLength,
                sequence.Table?.BlockCount ?? 0,
                sequence.Preemptions));
            _candidates.Add(sequence);
        }
    }

    private bool WasPreemptedInThisStep(int index) => _snapshots[index].Running;

    /// <summary>Admits a waiting sequence; false when memory or the number of sequences does not allow more admissions in this step.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="promised">True when it goes on waiting because another one is computing what it needs.</param>
    private bool Admit(Sequence sequence, out bool promised)
    {
        promised = false;
        if (_running.Count >= _options.MaxSequences)
            return false;
        switch (_memory.Acquire(sequence, reserve: _running.Count > 0))
        {
            case Acquisition.Promised:
                promised = true;
                return true;
            case Acquisition.NoMemory:
                return false;
            default:
                sequence.Status = SequenceStatus.Running;
                _waiting.Remove(sequence);
                InsertByArrival(_running, sequence);
                if (sequence.FirstSpans is null)
                {
                    sequence.FirstSpans = [.. sequence.Plan!.Spans];
                    sequence.ReusedTokens = sequence.Plan.Length - sequence.Plan.Remaining;
                    sequence.FirstStepTimestamp = _options.Time.GetTimestamp();
                    _reusedTokens += sequence.ReusedTokens;
                    _promptTokens += sequence.PromptLength;
                }

                return true;
        }
    }

    /// <summary>Adds a running sequence's next rows to the batch, making room by eviction and preemption; returns the number of rows.</summary>
    private int AddToBatch(Sequence sequence, int maxRows)
    {
        var plan = sequence.Plan!;
        var selection = sequence.Policy?.NextSelectionPoint(plan.NextPosition) ?? int.MaxValue;
        var last = Math.Min(Math.Min(plan.NextPosition + maxRows, plan.Length), selection);
        while (!_memory.EnsureCapacity(sequence, last))
        {
            var victim = ChooseVictim();
            if (victim is null)
                return 0;
            Preempt(victim);
            if (victim == sequence)
                return 0;
        }

        var work = plan.Take(_positions.AsSpan(0, maxRows), selection);
        var complete = plan.Remaining == 0;
        var logitRow = _runner.Batch.Add(
            sequence.Tokens,
            _positions.AsSpan(0, work.Rows),
            complete ? work.Rows - 1 : work.Rows,
            work.LayerEnd,
            sequence.PromptLength,
            sequence.Table!,
            sequence.Policy,
            sequence.Adapter);
        _batch.Add(new BatchMember(sequence, work.Rows, complete ? logitRow : -1));
        return work.Rows;
    }

    /// <summary>A running sequence that is not in the batch yet, or null when there is none.</summary>
    private Sequence? ChooseVictim()
    {
        // Called only when memory is short; the snapshot of the step is not disturbed.
        var snapshots = new List<SequenceSnapshot>();
        foreach (var snapshot in _snapshots)
        {
            var sequence = _candidates[snapshot.Index];
            if (sequence.Status == SequenceStatus.Running && !_batch.Exists(member => member.Sequence == sequence))
                snapshots.Add(snapshot with { Running = true });
        }

        return snapshots.Count == 0 ? null : _candidates[_options.Scheduling.ChooseVictim(CollectionsMarshal.AsSpan(snapshots))];
    }

    private void Advance(in BatchMember member)
    {
        var sequence = member.Sequence;
        sequence.ComputedRows += member.Rows;
        _computedRows += member.Rows;
        if (member.LogitRow < 0)
        {
            _memory.Publish(sequence);
            return;
        }

        if (sequence.Announcement is not null)
            _memory.Publish(sequence);
        var logits = _runner.Logits(member.LogitRow);
        if (sequence.Forks is { } forks)
        {
            sequence.Forks = null;
            Fork(sequence, forks, logits);
        }

        Sample(sequence, logits);
    }

    private void Sample(Sequence sequence, Span<float> logits)
    {
        Observer?.Invoke(sequence, logits);
        try
        {
            if (_writer.Sample(sequence, logits) is { } reason)
                Finish(sequence, reason);
            else
                sequence.Plan!.Append(1, SpanOrigin.Computed);
        }
        catch (NonFiniteLogitsException exception)
        {
            // Only this answer is lost; the others of the step have logits of their own.
            Finish(sequence, FinishReason.Failed, new EngineFailedException(exception.Message, exception));
        }
    }

    /// <summary>Gives the other answers of a request the prompt's rows, and their first token from the same logits.</summary>
    private void Fork(Sequence parent, List<Sequence> forks, Span<float> logits)
    {
        foreach (var fork in forks)
        {
            if (fork.Status == SequenceStatus.Finished)
                continue;
            if (_running.Count >= _options.MaxSequences || !_memory.TryFork(parent, fork))
            {
                InsertByArrival(_waiting, fork);
                continue;
            }

            fork.Status = SequenceStatus.Running;
            fork.FirstStepTimestamp = parent.FirstStepTimestamp;
            fork.FirstSpans = [.. fork.Plan!.Spans];
            fork.ReusedTokens = fork.PromptLength;
            _reusedTokens += fork.ReusedTokens;
            _promptTokens += fork.PromptLength;
            InsertByArrival(_running, fork);
            Sample(fork, _writer.Copy(logits));
        }
    }

    private void Finish(Sequence sequence, FinishReason reason, Exception? error = null)
    {
        if (sequence.Status == SequenceStatus.Running)
        {
            _memory.Release(sequence, keepInCache: reason != FinishReason.Failed);
            _running.Remove(sequence);
        }
        else
        {
            _waiting.Remove(sequence);
        }

        sequence.Status = SequenceStatus.Finished;
        sequence.Adapter?.Release();
        if (sequence.Forks is { } forks)
        {
            // The prompt was not computed, so the other answers start on their own (unless they were cancelled too).
            sequence.Forks = null;
            foreach (var fork in forks)
            {
                if (fork.Status == SequenceStatus.Finished)
                    continue;
                if (error is null)
                    InsertByArrival(_waiting, fork);
                else
                    Finish(fork, reason, error);
            }
        }

        _writer.Complete(sequence, reason, error);
    }

    private static void InsertByArrival(List<Sequence> list, Sequence sequence)
    {
        var at = list.Count;
        while (at > 0 && list[at - 1].Arrival > sequence.Arrival)
            at--;
        list.Insert(at, sequence);
    }
}

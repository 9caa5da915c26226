using Kvasir.Engine.Blending;
using Kvasir.Engine.Blending.Audit;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Plans;
using Kvasir.Engine.Recurrent;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Running;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Chunks;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;

namespace Kvasir.Engine.Loop;

/// <summary>
/// The loop: each step admits waiting sequences, runs one batch, samples, and finishes what is done. One thread owns it.
/// </summary>
internal sealed class EngineLoop : IDisposable
{
    /// <summary>Smaller steps say little of how fast prompts are computed.</summary>
    private const int MinMeasuredRows = 64;

    /// <summary>Blocks that demand is counted in where there are no tiers.</summary>
    private const int DemandBlocks = 8;

    private readonly LoadedModel _model;
    private readonly EngineOptions _options;
    private readonly BlockPool _pool;
    private readonly PrefixIndex _index;
    private readonly ModelRunner _runner;
    private readonly SequenceTiers? _tiers;
    private readonly ReuseAudit _audit;
    private readonly ChunkReuse _chunks;
    private readonly SequenceMemory _memory;
    private readonly SequenceQueues _queues = new();
    private readonly DemandWatch _demand;
    private readonly StepFiller _filler;
    private readonly Action<Sequence> _readmit;
    private readonly Scrubber? _scrubber;
    private readonly SequenceStates? _states;
    private readonly AnswerWriter _writer;
    private string? _blendFault;
    private long _steps;
    private long _computedRows;

    public EngineLoop(LoadedModel model, BlockPool pool, EngineOptions options)
    {
        _model = model;
        _options = options;
        _blendFault = options.BlendFault;
        _pool = pool;
        _index = new PrefixIndex(pool, options.Retention);
        // Beside each sequence its loaded rows may be verified, some through all layers and some through the first.
        var parts = options.Tiers is null ? options.MaxSequences : 3 * options.MaxSequences;
        _runner = new ModelRunner(model, options.MaxBatchTokens, parts, Math.Min(options.MaxSequences, options.MaxBatchTokens), options.Time);
        _tiers = SequenceTiers.Open(model, pool, options);
        Chunks = new ChunkIndex(pool, new ChunkIndexOptions { MaxBlocks = Math.Max(1, (int)(options.ChunkShare * pool.Capacity)) });
        _audit = new ReuseAudit(options.Audit);
        _chunks = new ChunkReuse(model, pool, Chunks, _audit, _tiers, options.MaxBatchTokens - options.MaxSequences);
        _states = model.Config.Recurrent is null ? null : new SequenceStates(model, options.MaxSequences);
        _memory = new SequenceMemory(model, pool, _index, _chunks, _tiers, _states, options.MaxBatchTokens - options.MaxSequences);
        _demand = new DemandWatch(
            model.Layout,
            options.Tiers?.Moves.ChunkTokens ?? model.Layout.BlockRows * DemandBlocks,
            (pool.Capacity * model.Layout.BlockBytes) + (options.Tiers?.HostBytes ?? 0));
        _filler = new StepFiller(options, _runner.Batch, _memory, _tiers, _states, _demand, _queues);
        _readmit = _filler.Readmit;
        _scrubber = _tiers is null ? null : new Scrubber(model, pool, _index, _runner, _tiers);
        _writer = new AnswerWriter(model, options.Time);
    }

    /// <summary>Read from counters that are kept anyway.</summary>
    public EngineStatus Status => new(
        _steps,
        _computedRows,
        _filler.ReusedTokens,
        _filler.PromptTokens,
        _writer.SampledTokens,
        _writer.ForcedTokens,
        _filler.Preemptions,
        _queues.Running.Count,
        _queues.WaitingCount,
        _pool.AvailableBlocks,
        _pool.ReservedBlocks,
        _pool.UsedBlocks - _index.IdleBlocks - _pool.QuarantinedBlocks,
        _index.IdleBlocks,
        _pool.QuarantinedBlocks,
        _pool.Capacity,
        _pool.Layout.BlockRows,
        _pool.CommittedBytes,
        _index.CachedTokens,
        _index.Lookups,
        _index.Hits,
        _index.Evictions)
    {
        Tiers = _tiers?.Status,
        Advice = _demand.Advise(),
        Chunks = _chunks.Status,
        Audits = _audit.Status,
        Contiguous = _pool.Space?.Status,
    };

    public PrefixIndex Index => _index;

    /// <summary>Chunks kept for reuse behind other prefixes.</summary>
    public ChunkIndex Chunks { get; }

    /// <summary>The tiers, or null.</summary>
    public SequenceTiers? Tiers => _tiers;

    /// <summary>How long the loop may wait for what tiers are loading before it must look again; null when it waits for nothing.</summary>
    public TimeSpan? UntilNextDeadline => _tiers?.UntilNextDeadline;

    public BlockPool Pool => _pool;

    /// <summary>Sees every logits row before it is changed or sampled; for verification.</summary>
    public LogitsObserver? Observer { get; set; }

    /// <summary>Sees a sequence after each step that it took part in; for verification.</summary>
    public Action<Sequence>? AfterStep { get; set; }

    public delegate void LogitsObserver(Sequence sequence, ReadOnlySpan<float> logits);

    /// <summary>Sees the rows of a sequence just before they are released; for verification.</summary>
    public Action<Sequence>? BeforeRelease
    {
        get => _memory.BeforeRelease;
        set => _memory.BeforeRelease = value;
    }

    /// <summary>True when there is nothing to do.</summary>
    public bool IsIdle => _queues.IsEmpty;

    /// <summary>Sequences that wait, further answers of waiting requests included.</summary>
    public int WaitingCount => _queues.WaitingCount;

    public IReadOnlyList<Sequence> Running => _queues.Running;

    public void Submit(Sequence sequence)
    {
        SubmitUnchecked(sequence);
        if (sequence.Request is not { Blending: null, Given: null } && (_blendFault ??= BlendGate.Check(_model) ?? "") is { Length: > 0 } fault)
            Finish(sequence, FinishReason.Failed, new NotSupportedException($"this model cannot reuse chunks: {fault}"));
    }

    /// <summary>Takes a sequence without looking whether the model can do what it asks for.</summary>
    public void SubmitUnchecked(Sequence sequence)
    {
        _queues.Wait(sequence);
        if (_audit.Shadow is not { } shadow)
            return;
        _audit.GiveWay();
        Finish(shadow, FinishReason.Cancelled);
    }

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
        foreach (var sequence in _queues.Running.Concat(_queues.Waiting).ToArray())
            Finish(sequence, FinishReason.Failed, error);
    }

    /// <summary>Sends a running sequence back to wait; its rows are computed again, or found in the prefix cache.</summary>
    public void Preempt(Sequence sequence) => _filler.Preempt(sequence);

    /// <summary>Runs one step; false when nothing could be done.</summary>
    /// <exception cref="EngineFailedException">The step failed; its sequences have ended with the same error.</exception>
    public bool Step()
    {
        _tiers?.Poll(_readmit);
        _filler.Fill();
        var refused = RefuseOverdue();
        var batch = _filler.Members;
        KeepMovesToTheirShare();
        if (batch.Count == 0)
            return refused;
        var begun = _options.Time.GetTimestamp();
        _pool.Space?.MapAhead();
        var fence = _pool.OpenFence();
        try
        {
            _runner.Run();
            foreach (var member in batch)
                Advance(member);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            var error = new EngineFailedException($"a step of {batch.Count} sequences failed: {exception.Message}", exception);
            foreach (var member in batch)
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

        if (_tiers is not null)
        {
            _tiers.Counters.Stalled += _runner.Stalled;
            if (_runner.Batch.RowCount >= MinMeasuredRows)
                _tiers.ComputeRate.Add(_runner.Batch.RowCount, (_options.Time.GetElapsedTime(begun) - _runner.Stalled).TotalSeconds);
        }

        _steps++;
        return true;
    }

    /// <summary>Uses idle time to verify rows that came from tiers, and to audit answers; false when there is nothing to do.</summary>
    public bool Scrub()
    {
        if (_tiers is not null)
        {
            _tiers.Tiers.IsBusy = false;
            _tiers.Poll(_readmit);
            if (_scrubber!.Step())
                return true;
        }

        if (_audit.Begin() is not { } shadow)
            return false;
        _queues.Wait(shadow);
        return true;
    }

    public void Dispose()
    {
        // Until none is left: the further answers of a request that has not forked yet begin to wait when its first one ends.
        while (!IsIdle)
            Finish(_queues.Running.Count > 0 ? _queues.Running[^1] : _queues.Waiting[^1], FinishReason.Cancelled);
        _scrubber?.Dispose();
        _tiers?.Dispose();
        Chunks.Clear();
        _index.Clear();
        _runner.Dispose();
        _states?.Dispose();
    }

    /// <summary>Ends the requests that have waited too long for their first admission; true when there were any.</summary>
    /// <remarks>
    /// Once a step is often enough, and no timer is needed: a sequence that waits does so because others run, and steps follow one another
    /// while any do. It comes after the step was filled, so that a request that finds room at once is never too late.
    /// </remarks>
    private bool RefuseOverdue()
    {
        var any = false;
        for (var i = _queues.Waiting.Count - 1; i >= 0; i--)
        {
            var sequence = _queues.Waiting[i];
            if (!sequence.MayBeOverdue || sequence.Request.QueueTimeout is not { } timeout
                || _options.Time.GetElapsedTime(sequence.SubmittedTimestamp) <= timeout)
            {
                continue;
            }

            Finish(sequence, FinishReason.Failed, new QueueTimeoutException(timeout));
            any = true;
        }

        return any;
    }

    /// <summary>Others are computing when a step has rows that do not wait for a load of their own.</summary>
    private void KeepMovesToTheirShare()
    {
        if (_tiers is null)
            return;
        var busy = false;
        foreach (var member in _filler.Members)
            busy |= member.Sequence.Load is not { Move.IsWhole: false };
        _tiers.Tiers.IsBusy = busy;
    }

    private void Advance(in BatchMember member)
    {
        var sequence = member.Sequence;
        if (sequence.Load is not null && !_tiers!.Verify(sequence))
        {
            _filler.Readmit(sequence);
            return;
        }

        _memory.KeepLoaded(sequence);

        _states?.Advance(sequence, member.Rows);
        sequence.ComputedRows += member.Rows;
        _computedRows += member.Rows;
        if (sequence.Pool is { } pool)
        {
            var first = member.FirstPosition + member.Rows - member.Outputs;
            for (var i = 0; i < member.Outputs; i++)
                pool.Add(first + i, _runner.Hidden(member.FirstOutput + i));
        }

        if (sequence.Blend is { IsProbing: true } probing)
        {
            if (probing.EndProbeStep())
                _memory.ChooseRepairs(sequence);
            return;
        }

        _memory.Compress(sequence);
        AfterStep?.Invoke(sequence);
        if (sequence.Plan!.Remaining > 0)
        {
            _memory.Publish(sequence);
            return;
        }

        _memory.EndPrompt(sequence);
        if (sequence.Pool is not null)
        {
            Finish(sequence, FinishReason.Stop);
            return;
        }

        if (sequence.Announcement is not null)
            _memory.Publish(sequence);
        var logits = _runner.Logits(member.FirstOutput);
        if (sequence.Forks is { } forks)
        {
            sequence.Forks = null;
            Fork(sequence, forks, logits);
        }

        Sample(sequence, logits);
    }

    private void Sample(Sequence sequence, Span<float> logits)
    {
        if (sequence == _audit.Shadow)
            _audit.Compare(logits);
        else
            Observer?.Invoke(sequence, logits);
        if (sequence.AnswerLength == 0)
            _audit.Draw(sequence, logits);
        try
        {
            if (_writer.Write(sequence, logits) is { } reason)
                Finish(sequence, reason);
            else
                sequence.Plan!.Append(sequence.Length - sequence.Plan.Length, SpanOrigin.Computed);
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
            fork.MayBeOverdue = false; // its request was admitted
            if (_queues.Running.Count >= _options.MaxSequences || !_memory.TryFork(parent, fork))
            {
                _queues.Wait(fork);
                continue;
            }

            _queues.Run(fork);
            _filler.CountAdmission(fork, parent.FirstStepTimestamp!.Value);
            Sample(fork, _writer.Copy(logits));
        }
    }

    private void Finish(Sequence sequence, FinishReason reason, Exception? error = null)
    {
        if (sequence.Status == SequenceStatus.Running)
            _memory.Release(sequence, keepInCache: reason != FinishReason.Failed, ended: reason is FinishReason.Stop or FinishReason.Length);
        var well = reason is FinishReason.Stop or FinishReason.Length;
        if (sequence == _audit.Shadow)
            _audit.EndShadow(well);
        else if (well)
            _audit.Ended(sequence);
        _memory.LetGo(sequence);
        _queues.Remove(sequence);
        _tiers?.SwappedIn(sequence);
        sequence.Adapter?.Release();
        if (sequence.Forks is { } forks)
        {
            // The prompt was not computed, so the other answers start on their own (unless they were cancelled too).
            sequence.Forks = null;
            foreach (var fork in forks)
            {
                if (fork.Status == SequenceStatus.Finished)
                    continue;
                fork.MayBeOverdue = sequence.MayBeOverdue;
                if (error is null)
                    _queues.Wait(fork);
                else
                    Finish(fork, reason, error);
            }
        }

        _writer.Complete(sequence, reason, error);
    }
}

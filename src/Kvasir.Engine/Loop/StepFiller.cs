using System.Runtime.InteropServices;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Plans;
using Kvasir.Engine.Recurrent;
using Kvasir.Engine.Running;
using Kvasir.Engine.Scheduling;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Tables;

namespace Kvasir.Engine.Loop;

/// <summary>
/// Decides with the scheduling policy who takes part in a step: admits waiting sequences, takes work from the plans of those that run,
/// and preempts where memory is short.
/// </summary>
internal sealed class StepFiller(EngineOptions options, StepBatch batch, SequenceMemory memory, SequenceTiers? tiers, SequenceStates? states, DemandWatch demand, SequenceQueues queues)
{
    private readonly List<Sequence> _candidates = [];
    private readonly List<SequenceSnapshot> _snapshots = [];
    private readonly List<ScheduleEntry> _order = [];
    private readonly List<BatchMember> _members = [];
    private readonly int[] _positions = new int[options.MaxBatchTokens];
    private bool _chunksGivenUp;

    /// <summary>Who is in the step, in the order of the batch.</summary>
    public List<BatchMember> Members => _members;

    public long ReusedTokens { get; private set; }

    public long PromptTokens { get; private set; }

    public long Preemptions { get; private set; }

    /// <summary>Fills the batch of the next step.</summary>
    public void Fill()
    {
        _chunksGivenUp = false;
        FillOnce();
        if (_members.Count == 0 && _chunksGivenUp)
            FillOnce(); // the only one that could run begins again without chunks
    }

    private void FillOnce()
    {
        _members.Clear();
        batch.Clear();
        TakeSnapshot();
        _order.Clear();
        options.Scheduling.Order(CollectionsMarshal.AsSpan(_snapshots), options.MaxBatchTokens, _order);
        var budget = options.MaxBatchTokens;
        var admitting = true;
        foreach (var entry in _order)
        {
            if (budget == 0 || _members.Count == options.MaxSequences)
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

    /// <summary>Sends a running sequence back to wait; its rows are computed again, or found in the prefix cache.</summary>
    public void Preempt(Sequence sequence)
    {
        memory.SwapOut(sequence);
        memory.Release(sequence, keepInCache: true);
        sequence.Preemptions++;
        Preemptions++;
        queues.Wait(sequence);
    }

    /// <summary>Sends a sequence whose load came to nothing back to wait, as if it had not been admitted.</summary>
    public void Readmit(Sequence sequence)
    {
        tiers!.Fail(sequence);
        memory.Release(sequence, keepInCache: false);
        ReusedTokens -= sequence.ReusedTokens;
        PromptTokens -= sequence.FirstSpans is null ? 0 : sequence.PromptLength;
        sequence.ReusedTokens = 0;
        sequence.FirstSpans = null;
        queues.Wait(sequence);
    }

    /// <summary>Notes the first admission of a sequence that has its plan.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="timestamp">When its first step began.</param>
    public void CountAdmission(Sequence sequence, long timestamp)
    {
        sequence.FirstSpans = [.. sequence.Plan!.Spans];
        sequence.ReusedTokens = ExactTokens(sequence.FirstSpans);
        sequence.FirstStepTimestamp = timestamp;
        sequence.MayBeOverdue = false;
        ReusedTokens += sequence.ReusedTokens;
        PromptTokens += sequence.PromptLength;
    }

    /// <summary>Tokens whose rows are those of a cold run and were not computed; what is blended is counted elsewhere.</summary>
    private static int ExactTokens(IReadOnlyList<PlanSpan> spans)
    {
        var tokens = 0;
        foreach (var span in spans)
            tokens += span.Origin is SpanOrigin.Shared or SpanOrigin.Loaded ? span.Length : 0;
        return tokens;
    }

    private void TakeSnapshot()
    {
        _candidates.Clear();
        _snapshots.Clear();
        var now = options.Time.GetTimestamp();
        foreach (var sequence in queues.Running)
            Snapshot(sequence, running: true);
        foreach (var sequence in queues.Waiting)
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
                sequence.Preemptions)
            {
                ResidualTokens = sequence.Plan?.Remaining ?? (options.Scheduling.ComparesResidualWork ? memory.Residual(sequence) : sequence.Length),
                WaitSeconds = running ? 0 : options.Time.GetElapsedTime(sequence.SubmittedTimestamp, now).TotalSeconds,
            });
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
        if (queues.Running.Count >= options.MaxSequences)
            return false;
        switch (memory.Acquire(sequence, reserve: queues.Running.Count > 0))
        {
            case Acquisition.Promised:
                promised = true;
                return true;
            case Acquisition.NoMemory:
                return false;
            default:
                queues.Run(sequence);
                demand.Observe(sequence);
                if (sequence.FirstSpans is null)
                    CountAdmission(sequence, options.Time.GetTimestamp());
                return true;
        }
    }

    /// <summary>Adds a running sequence's next rows to the batch, making room by eviction and preemption; returns the number of rows.</summary>
    private int AddToBatch(Sequence sequence, int maxRows)
    {
        var plan = sequence.Plan!;
        var verified = 0;
        if (sequence.Load is { } load)
        {
            verified = tiers!.Verifier.Rows(load);
            maxRows = Math.Min(maxRows, batch.MaxRows - batch.RowCount - verified);
            var probe = sequence.Blend is { IsProbing: true } looking ? looking : null;
            if (maxRows < 1 || !tiers.MayStart(load, Math.Min(maxRows, probe?.ProbeRows ?? plan.Remaining), probe?.ProbeLayers, alone: queues.Running.Count == 1))
                return 0;
        }

        if (sequence.Blend is { IsProbing: true } blend)
            return AddProbe(sequence, blend, maxRows);
        if (sequence.Blend is { RowsTogether: > 0 } together && plan.Remaining == together.RowsTogether && maxRows < together.RowsTogether)
            return 0;
        if (sequence.Compression is { } compression && Math.Min(compression.RowsTogether(plan.NextPosition), plan.Remaining) > maxRows)
            return 0;
        if (sequence.Reading is { } reading && Math.Min(reading.RowsTogether(plan.NextPosition), plan.Remaining) > maxRows)
            return 0;
        var selection = Math.Min(sequence.Policy?.NextSelectionPoint(plan.NextPosition) ?? int.MaxValue, sequence.Reading?.NextStop(plan.NextPosition) ?? int.MaxValue);

        // The rows of a blended prompt lie apart, and room for all of them was reserved.
        var last = sequence.Blend?.Table is null ? Math.Min(Math.Min(plan.NextPosition + maxRows, plan.Length), selection) : plan.Length;
        if (!MakeRoom(sequence, last))
            return 0;

        if (verified > 0)
            AddVerification(sequence, sequence.Load!);
        var first = plan.NextPosition;
        var again = TakeAnswerRepairs(sequence);
        var work = plan.Take(_positions.AsSpan(again, Math.Min(maxRows, _positions.Length - again)), selection);
        states?.PlanSnapshot(sequence, first, work.Rows);
        var outputs = sequence.Pool is { WantsEveryRow: true } ? work.Rows : plan.Remaining == 0 ? 1 : 0;
        var firstOutput = batch.Add(
            sequence.Tokens,
            _positions.AsSpan(0, again + work.Rows),
            again + work.Rows - outputs,
            work.LayerEnd,
            sequence.PromptLength,
            sequence.Table!,
            sequence.Policy ?? (sequence.Blend is { IsListening: true } ? sequence.Blend : null),
            sequence.Adapter,
            sequence.Pool is null ? RowOutput.Logits : RowOutput.Hidden,
            sequence.Load?.Move,
            sequence.State,
            sequence.Reading);
        _members.Add(new BatchMember(sequence, first, again + work.Rows, outputs, firstOutput));
        return again + work.Rows + verified;
    }

    /// <summary>Adds rows of a prompt that only look at how far reused rows are off.</summary>
    private int AddProbe(Sequence sequence, BlendSession blend, int maxRows)
    {
        if (!MakeRoom(sequence, sequence.PromptLength))
            return 0;
        var first = blend.NextProbe;
        var rows = blend.TakeProbe(_positions.AsSpan(0, maxRows));
        batch.Add(
            sequence.Tokens,
            _positions.AsSpan(0, rows),
            rows,
            blend.ProbeLayers,
            sequence.PromptLength,
            sequence.Table!,
            blend,
            sequence.Adapter,
            load: sequence.Load?.Move);
        _members.Add(new BatchMember(sequence, first, rows, 0, 0));
        return rows;
    }

    /// <summary>Takes reused rows to be computed again beside the next token of an answer, where the step and the pool have room.</summary>
    private int TakeAnswerRepairs(Sequence sequence)
    {
        if (sequence.Blend is not { MostAnswerRepairs: > 0 } blend)
            return 0;
        var room = Math.Min(blend.MostAnswerRepairs, batch.MaxRows - batch.RowCount - 1);
        return room > 0 && memory.EnsureRepairs(sequence, room) ? blend.TakeAnswerRepairs(_positions.AsSpan(0, room)) : 0;
    }

    /// <summary>Preempts others until a sequence has room for its rows; false when it was preempted itself, or nobody is left.</summary>
    private bool MakeRoom(Sequence sequence, int length)
    {
        while (!memory.EnsureCapacity(sequence, length))
        {
            var victim = ChooseVictim();
            if (victim is null)
                return false;

            // Its chunks, its own rows and those that stand in for chunks' may be more than the pool holds; its own rows alone are not.
            if (victim == sequence && queues.Running.Count == 1 && sequence.Blend?.Table is not null)
            {
                sequence.MayReuseChunks = false;
                _chunksGivenUp = true;
            }

            Preempt(victim);
            if (victim == sequence)
                return false;
        }

        return true;
    }

    /// <summary>Rows that came from a tier ride with the first step behind them, and are compared with it before it counts.</summary>
    private void AddVerification(Sequence sequence, SequenceLoad load)
    {
        foreach (var table in tiers!.Verifier.Begin(load, (UniformTable)sequence.Table!))
        {
            batch.Add(
                sequence.Tokens,
                table.Positions,
                table.Positions.Length,
                table.LayerEnd,
                sequence.PromptLength,
                table,
                policy: null,
                sequence.Adapter,
                RowOutput.Logits,
                load.Move);
        }
    }

    /// <summary>A running sequence that is not in the batch yet, or null when there is none.</summary>
    private Sequence? ChooseVictim()
    {
        // Called only when memory is short; the snapshot of the step is not disturbed.
        var snapshots = new List<SequenceSnapshot>();
        foreach (var snapshot in _snapshots)
        {
            var sequence = _candidates[snapshot.Index];
            if (sequence.Status == SequenceStatus.Running && !_members.Exists(member => member.Sequence == sequence))
                snapshots.Add(snapshot with { Running = true });
        }

        return snapshots.Count == 0 ? null : _candidates[options.Scheduling.ChooseVictim(CollectionsMarshal.AsSpan(snapshots))];
    }
}

namespace Kvasir.Engine.Scheduling;

/// <summary>
/// Decides who is in a step and who gives way: a pure decision over a snapshot. The engine carries it out in the order given, while
/// rows and KV blocks last.
/// </summary>
public interface ISchedulingPolicy
{
    /// <summary>Name for configuration and messages.</summary>
    string Name { get; }

    /// <summary>True when it looks at <see cref="SequenceSnapshot.ResidualTokens"/>, which costs a look into the caches.</summary>
    bool ComparesResidualWork => false;

    /// <summary>
    /// Orders the sequences of the next step; those left out stay as they are. Called once a step, so it must not allocate.
    /// </summary>
    /// <param name="sequences">Running sequences first, then waiting ones, each by arrival.</param>
    /// <param name="maxBatchTokens">Rows that the step may have.</param>
    /// <param name="order">Receives the entries.</param>
    void Order(ReadOnlySpan<SequenceSnapshot> sequences, int maxBatchTokens, List<ScheduleEntry> order);

    /// <summary>
    /// When a running sequence needs a block and none can be had: which running sequence is preempted (its rows are computed again
    /// later). Returns an index of <paramref name="sequences"/>' entries.
    /// </summary>
    int ChooseVictim(ReadOnlySpan<SequenceSnapshot> sequences);
}

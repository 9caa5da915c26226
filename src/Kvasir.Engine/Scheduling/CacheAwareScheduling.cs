using System.Runtime.InteropServices;

namespace Kvasir.Engine.Scheduling;

/// <summary>
/// KVShare's cache-aware scheduler (arXiv 2503.16525 v2) with aging: of the waiting requests those go first that have least left to
/// compute, so that one whose prompt is mostly cached is not held up by one that is not.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Running sequences first, as in <see cref="FirstComeScheduling"/>: who was admitted is not interrupted.</item>
/// <item>Waiting ones by <c>residual · max(0, 1 - wait / τ)</c>, ascending, then by arrival. The residual work takes the place of the
/// paper's hit rate, which misleads when prompts differ in length.</item>
/// <item>Who has waited τ counts like one without residual work, and no more than that: among such arrival decides, so nobody who comes
/// later goes first, and a request starves no longer than τ and the queue before it take.</item>
/// </list>
/// An instance serves one engine: it keeps scratch memory.
/// </remarks>
public sealed class CacheAwareScheduling : ISchedulingPolicy
{
    private static readonly FirstComeScheduling FirstCome = new();

    private readonly double _agingSeconds;
    private readonly List<Candidate> _waiting = [];

    /// <summary>Creates the policy.</summary>
    /// <param name="agingSeconds">τ: seconds of waiting after which residual work no longer counts; above 0.</param>
    public CacheAwareScheduling(double agingSeconds = 5)
    {
        if (!(agingSeconds > 0))
            throw new ArgumentOutOfRangeException(nameof(agingSeconds), agingSeconds, "the aging time is above 0 seconds");
        _agingSeconds = agingSeconds;
    }

    /// <inheritdoc/>
    public string Name => "cache-aware";

    /// <inheritdoc/>
    public bool ComparesResidualWork => true;

    /// <inheritdoc/>
    public void Order(ReadOnlySpan<SequenceSnapshot> sequences, int maxBatchTokens, List<ScheduleEntry> order)
    {
        // Running ones come first in the snapshots.
        var running = 0;
        while (running < sequences.Length && sequences[running].Running)
            running++;
        FirstCome.Order(sequences[..running], maxBatchTokens, order);

        _waiting.Clear();
        foreach (var sequence in sequences[running..])
            _waiting.Add(new Candidate(Priority(sequence), sequence.Arrival, sequence.Index));
        var waiting = CollectionsMarshal.AsSpan(_waiting);
        waiting.Sort();
        foreach (var candidate in waiting)
            order.Add(new ScheduleEntry(candidate.Index, maxBatchTokens));
    }

    /// <inheritdoc/>
    public int ChooseVictim(ReadOnlySpan<SequenceSnapshot> sequences) => FirstCome.ChooseVictim(sequences);

    private double Priority(SequenceSnapshot sequence) => sequence.ResidualTokens * Math.Max(0, 1 - (sequence.WaitSeconds / _agingSeconds));

    private readonly record struct Candidate(double Priority, long Arrival, int Index) : IComparable<Candidate>
    {
        public int CompareTo(Candidate other)
        {
            var byPriority = Priority.CompareTo(other.Priority);
            return byPriority != 0 ? byPriority : Arrival.CompareTo(other.Arrival);
        }
    }
}

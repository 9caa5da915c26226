namespace Kvasir.Engine.Scheduling;

/// <summary>
/// Continuous batching, first come first served: all decoding sequences first, then prompts in chunks by arrival, running ones before
/// waiting ones (Yu et al. 2022, "Orca"; Agrawal et al. 2024, "Sarathi-Serve"). The latest arrival gives way.
/// </summary>
public sealed class FirstComeScheduling : ISchedulingPolicy
{
    /// <inheritdoc/>
    public string Name => "first-come";

    /// <inheritdoc/>
    public void Order(ReadOnlySpan<SequenceSnapshot> sequences, int maxBatchTokens, List<ScheduleEntry> order)
    {
        foreach (var sequence in sequences)
        {
            if (sequence is { Running: true, PendingRows: 1 })
                order.Add(new ScheduleEntry(sequence.Index, 1));
        }

        foreach (var sequence in sequences)
        {
            if (sequence is { Running: true, PendingRows: > 1 })
                order.Add(new ScheduleEntry(sequence.Index, maxBatchTokens));
        }

        foreach (var sequence in sequences)
        {
            if (!sequence.Running)
                order.Add(new ScheduleEntry(sequence.Index, maxBatchTokens));
        }
    }

    /// <inheritdoc/>
    public int ChooseVictim(ReadOnlySpan<SequenceSnapshot> sequences)
    {
        var victim = -1;
        var latest = long.MinValue;
        foreach (var sequence in sequences)
        {
            if (sequence.Running && sequence.Arrival > latest)
            {
                latest = sequence.Arrival;
                victim = sequence.Index;
            }
        }

        return victim;
    }
}

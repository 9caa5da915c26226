using Kvasir.Engine.Sequences;

namespace Kvasir.Engine.Loop;

/// <summary>The sequences that wait and those that run, each by arrival.</summary>
internal sealed class SequenceQueues
{
    /// <summary>Lists, so that a step walks them without allocating.</summary>
    public List<Sequence> Waiting { get; } = [];

    public List<Sequence> Running { get; } = [];

    /// <summary>True when there is nothing to do.</summary>
    public bool IsEmpty => Running.Count == 0 && Waiting.Count == 0;

    /// <summary>Sequences that wait, further answers of waiting requests included.</summary>
    public int WaitingCount
    {
        get
        {
            var count = Waiting.Count;
            foreach (var sequence in Waiting)
                count += sequence.Forks?.Count ?? 0;
            return count;
        }
    }

    /// <summary>Lets a sequence wait, for the first time or again.</summary>
    public void Wait(Sequence sequence)
    {
        Running.Remove(sequence);
        sequence.Status = SequenceStatus.Waiting;
        InsertByArrival(Waiting, sequence);
    }

    /// <summary>Lets a sequence run.</summary>
    public void Run(Sequence sequence)
    {
        Waiting.Remove(sequence);
        sequence.Status = SequenceStatus.Running;
        InsertByArrival(Running, sequence);
    }

    /// <summary>Forgets a sequence that has ended.</summary>
    public void Remove(Sequence sequence)
    {
        (sequence.Status == SequenceStatus.Running ? Running : Waiting).Remove(sequence);
        sequence.Status = SequenceStatus.Finished;
    }

    private static void InsertByArrival(List<Sequence> list, Sequence sequence)
    {
        var at = list.Count;
        while (at > 0 && list[at - 1].Arrival > sequence.Arrival)
            at--;
        list.Insert(at, sequence);
    }
}

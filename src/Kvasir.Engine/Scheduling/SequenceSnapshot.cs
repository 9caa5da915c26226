namespace Kvasir.Engine.Scheduling;

/// <summary>What a scheduling policy sees of a sequence.</summary>
/// <param name="Index">Names the sequence in the answer.</param>
/// <param name="Arrival">Order of arrival.</param>
/// <param name="Running">True when it holds KV blocks; false when it waits to be admitted.</param>
/// <param name="PendingRows">Known tokens whose rows are not computed: 1 when decoding; for a waiting one all of them.</param>
/// <param name="ComputedRows">Rows that it holds.</param>
/// <param name="Blocks">KV blocks that it holds.</param>
/// <param name="Preemptions">Times that it was preempted.</param>
public readonly record struct SequenceSnapshot(
    int Index, long Arrival, bool Running, int PendingRows, int ComputedRows, int Blocks, int Preemptions)
{
    private readonly int? _residualTokens;

    /// <summary>
    /// Tokens that would be left to compute if it started now: <see cref="PendingRows"/> less what can be reused, plus what of that is
    /// repaired. <see cref="PendingRows"/> when nobody has looked.
    /// </summary>
    public int ResidualTokens
    {
        get => _residualTokens ?? PendingRows;
        init => _residualTokens = value;
    }

    /// <summary>Seconds since it was submitted, for one that waits; 0 for one that runs.</summary>
    public double WaitSeconds { get; init; }
}

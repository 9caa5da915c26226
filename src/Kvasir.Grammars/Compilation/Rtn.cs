namespace Kvasir.Grammars.Compilation;

/// <summary>
/// A compiled grammar: a recursive transition network over bytes. Every state can be completed, none is nullable by way of a call (a call
/// of a rule that may be empty is also an edge past it), and there are no free edges.
/// </summary>
internal sealed class Rtn
{
    /// <summary>The start state of each rule; rule 0 is the sentence.</summary>
    public required int[] RuleStarts { get; init; }

    /// <summary>The states before this one belong to the sentence, which no rule calls.</summary>
    public required int SentenceEnd { get; init; }

    /// <summary>Where a state's edges begin in <see cref="ByteEdges"/>; one more entry than states.</summary>
    public required int[] ByteStarts { get; init; }

    public required ByteEdge[] ByteEdges { get; init; }

    /// <summary>Where a state's calls begin in <see cref="Calls"/>; one more entry than states.</summary>
    public required int[] CallStarts { get; init; }

    public required CallEdge[] Calls { get; init; }

    public required bool[] Finals { get; init; }

    /// <summary>Whether the sentence may be empty.</summary>
    public bool Nullable => Finals[RuleStarts[0]];

    public int States => Finals.Length;

    public ReadOnlySpan<ByteEdge> BytesOf(int state) => ByteEdges.AsSpan(ByteStarts[state]..ByteStarts[state + 1]);

    public ReadOnlySpan<CallEdge> CallsOf(int state) => Calls.AsSpan(CallStarts[state]..CallStarts[state + 1]);

    /// <summary>Whether nothing can follow in the rule.</summary>
    public bool IsSink(int state) => ByteStarts[state] == ByteStarts[state + 1] && CallStarts[state] == CallStarts[state + 1];
}

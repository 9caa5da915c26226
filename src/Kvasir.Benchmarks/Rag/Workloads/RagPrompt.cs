namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>A question behind chunks.</summary>
public sealed record RagPrompt
{
    /// <summary>All tokens, put together from the lists of the parts; the joined text is never tokenised.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>The chunks in it, in order, not overlapping.</summary>
    public required IReadOnlyList<RagPart> Parts { get; init; }

    /// <summary>The question.</summary>
    public required string Question { get; init; }

    /// <summary>What is accepted as an answer, each by itself; empty where no answer is judged.</summary>
    public required IReadOnlyList<string> Accepted { get; init; }

    /// <summary>What the answer must be taken from.</summary>
    public required RagKind Kind { get; init; }

    /// <summary>An answer of several turns, for measuring how the error grows; null where there is none.</summary>
    public int[]? Dialogue { get; init; }

    /// <summary>Tokens of all parts.</summary>
    public int PartTokens => Parts.Sum(part => part.Length);
}

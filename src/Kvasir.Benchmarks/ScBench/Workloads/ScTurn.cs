namespace Kvasir.Benchmarks.ScBench.Workloads;

/// <summary>One question of a session.</summary>
internal sealed record ScTurn
{
    /// <summary>What is asked.</summary>
    public required string Question { get; init; }

    /// <summary>The reference answer, as it stands in the history of later turns.</summary>
    public required string Golden { get; init; }

    /// <summary>What is looked for in the answer; what it means depends on <see cref="Score"/>.</summary>
    public required IReadOnlyList<string> Accepted { get; init; }

    /// <summary>How the answer is judged.</summary>
    public required ScScore Score { get; init; }

    /// <summary>Most tokens of an answer.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Which half of a mixed task it belongs to; empty in the others.</summary>
    public string Part { get; init; } = "";

    /// <summary>Words that the answer begins with, given to the model.</summary>
    public string Prime { get; init; } = "";

    /// <summary>All functions of the repository that the asked one must be told apart from.</summary>
    public IReadOnlyList<string> Needles { get; init; } = [];
}

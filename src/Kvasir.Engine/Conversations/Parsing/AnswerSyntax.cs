using Kvasir.Engine.Conversations.Calls;

namespace Kvasir.Engine.Conversations.Parsing;

/// <summary>What a parser looks for in one answer.</summary>
internal sealed record AnswerSyntax
{
    /// <summary>Begins the reasoning where the answer itself does; null when no reasoning is told apart.</summary>
    public string? ReasoningStart { get; init; }

    /// <summary>Ends the reasoning.</summary>
    public string? ReasoningEnd { get; init; }

    /// <summary>Whether the prompt has begun the reasoning.</summary>
    public bool StartsInReasoning { get; init; }

    /// <summary>How calls are written; null when none are looked for.</summary>
    public CallSyntax? Calls { get; init; }

    public required ToolSet Tools { get; init; }

    /// <summary>Makes the id of a call that the format gives none.</summary>
    public required Func<string> NewId { get; init; }
}

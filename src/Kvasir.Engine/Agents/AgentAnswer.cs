using Kvasir.Engine.Requests;

namespace Kvasir.Engine.Agents;

/// <summary>What an agent answered.</summary>
public sealed record AgentAnswer
{
    /// <summary>The answer as a message for other agents.</summary>
    public required AgentMessage Message { get; init; }

    /// <summary>The answer.</summary>
    public required Answer Answer { get; init; }

    /// <summary>True when its prompt was predicted, not computed.</summary>
    public required bool Reused { get; init; }

    /// <summary>True when its prompt was predicted first and then computed, since the first token was a close call (<see cref="AgentOptions.LeastMargin"/>).</summary>
    public required bool Doubted { get; init; }

    /// <summary>Tokens of the prompt whose rows were predicted.</summary>
    public required int PredictedTokens { get; init; }

    /// <summary>What was decided about each message, in the order of the prompt.</summary>
    public required IReadOnlyList<PlaceholderReport> Placeholders { get; init; }

    /// <summary>Time for comparing messages with anchors and for weighing these.</summary>
    public required TimeSpan PreparationTime { get; init; }

    /// <summary>Time for adding offsets up and writing rows, on the engine's thread.</summary>
    public required TimeSpan CorrectionTime { get; init; }

    /// <summary>From the question to the first token, all of it.</summary>
    public required TimeSpan TimeToFirstToken { get; init; }
}

using Kvasir.Engine.Blending;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Plans;
using Kvasir.Engine.Reading;

namespace Kvasir.Engine.Requests;

/// <summary>What one answer cost and what it reused.</summary>
public sealed record GenerationStatistics
{
    /// <summary>Tokens of the prompt.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Prompt tokens whose keys and values were found in the pool.</summary>
    public required int ReusedTokens { get; init; }

    /// <summary>Rows computed for this answer, those computed again after a preemption included.</summary>
    public required long ComputedRows { get; init; }

    /// <summary>Tokens of the answer.</summary>
    public required int AnswerTokens { get; init; }

    /// <summary>Those of them that were not sampled, because the grammar left no choice.</summary>
    public int ForcedTokens { get; init; }

    /// <summary>Times that the answer was preempted and computed again.</summary>
    public required int Preemptions { get; init; }

    /// <summary>From submission to the first step of the answer.</summary>
    public required TimeSpan QueueTime { get; init; }

    /// <summary>From submission to the first token.</summary>
    public required TimeSpan TimeToFirstToken { get; init; }

    /// <summary>From submission to the end.</summary>
    public required TimeSpan TotalTime { get; init; }

    /// <summary>What reuse that is not a prefix did; null when it was not asked for.</summary>
    public BlendStatistics? Blend { get; init; }

    /// <summary>What compression did; null when it was not asked for.</summary>
    public CompressionStatistics? Compression { get; init; }

    /// <summary>How much of what is kept was read; null when sparse reading was not asked for.</summary>
    public ReadingStatistics? Reading { get; init; }

    /// <summary>Where the rows of the prompt came from, at the first admission.</summary>
    public required IReadOnlyList<PlanSpan> Spans { get; init; }
}

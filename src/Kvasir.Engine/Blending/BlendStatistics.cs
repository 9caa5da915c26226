namespace Kvasir.Engine.Blending;

/// <summary>What reuse that is not a prefix did for an answer's prompt.</summary>
public sealed record BlendStatistics
{
    /// <summary>Name of the policy.</summary>
    public required string Policy { get; init; }

    /// <summary>Tokens of the prompt whose rows came from chunks computed elsewhere, those computed again included.</summary>
    public required int BlendedTokens { get; init; }

    /// <summary>Those of them that were loaded from a tier.</summary>
    public required int LoadedTokens { get; init; }

    /// <summary>Those of them that were computed again.</summary>
    public required int RepairedTokens { get; init; }


    /// <summary>Rows times layers that were computed for the prompt: looking, repair and the rest.</summary>
    public required long PromptTokenLayers { get; init; }

    /// <summary>Those of them that only looked at how far the reused rows are from the true ones.</summary>
    public required long ProbeTokenLayers { get; init; }

    /// <summary>Those of them that computed reused rows again.</summary>
    public required long RepairTokenLayers { get; init; }

    /// <summary>Rows times layers of the repair that ended early.</summary>
    public required long TerminatedTokenLayers { get; init; }

    /// <summary>Rows that were computed again beside tokens of the answer.</summary>
    public required int AnswerRepairs { get; init; }

    /// <summary>
    /// How far the rows that were used as they are lie from the true ones, relative, at the layer that was looked at; null when the policy
    /// does not look.
    /// </summary>
    public required double? EstimatedDeviation { get; init; }

    /// <summary>The reused stretches, ascending.</summary>
    public required IReadOnlyList<ReusedChunk> Reused { get; init; }
}

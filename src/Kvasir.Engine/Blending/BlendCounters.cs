namespace Kvasir.Engine.Blending;

/// <summary>What the blending of a sequence has cost so far.</summary>
internal sealed class BlendCounters
{
    /// <summary>Rows times layers computed for the prompt.</summary>
    public long PromptTokenLayers { get; set; }

    /// <summary>Those of them that only looked.</summary>
    public long ProbeTokenLayers { get; set; }

    /// <summary>Those of them that computed reused rows again.</summary>
    public long RepairTokenLayers { get; set; }

    /// <summary>Rows times layers of the repair that ended early.</summary>
    public long TerminatedTokenLayers { get; set; }

    /// <summary>Reused rows that were computed again beside tokens of the answer.</summary>
    public int AnswerRepairs { get; set; }
}

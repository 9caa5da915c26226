namespace Kvasir.Engine.Agents;

/// <summary>Where the rows of the fixed segments behind placeholders come from when an agent reuses.</summary>
public enum SegmentRows
{
    /// <summary>All are predicted, as published: only the last token of the prompt is computed.</summary>
    Predicted,

    /// <summary>
    /// The last segment is computed over the predicted rows before it, the others are predicted. It is where the question ends and the answer begins, it is
    /// short, and its rows depend on the text more than on anything that an average over other texts knows.
    /// </summary>
    LastComputed,

    /// <summary>All are computed; only messages are predicted.</summary>
    Computed,
}

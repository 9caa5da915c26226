namespace Kvasir.Engine.Blending;

/// <summary>
/// Rows of a prompt that the caller brings along instead of having them computed: what a method that predicts keys and values made (KVCOMM).
/// They are written to private memory; nothing behind them is found by other requests.
/// </summary>
public interface IGivenRows
{
    /// <summary>The stretches of the prompt that rows are given for, ascending, not overlapping; the last token is not among them.</summary>
    IReadOnlyList<ChunkPart> Parts { get; }

    /// <summary>
    /// Writes every row of every part in every layer. Called on the engine's thread when the request is admitted, and again when it was
    /// preempted; it should be quick.
    /// </summary>
    void Write(IGivenRowWriter writer);
}

namespace Kvasir.Engine.Blending;

/// <summary>A stretch of a prompt that may be reused wherever its text recurs: a retrieved passage, a tool's result, another agent's answer.</summary>
/// <param name="Start">First token.</param>
/// <param name="Length">Tokens.</param>
public readonly record struct ChunkPart(int Start, int Length)
{
    /// <summary>First token behind it.</summary>
    public int End => Start + Length;
}

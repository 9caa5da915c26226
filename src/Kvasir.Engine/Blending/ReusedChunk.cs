namespace Kvasir.Engine.Blending;

/// <summary>A stretch of a prompt that was reused.</summary>
/// <param name="Start">First position.</param>
/// <param name="Length">Tokens.</param>
/// <param name="PositionOffset">How far it was moved.</param>
/// <param name="Repaired">Rows that were computed again.</param>
public readonly record struct ReusedChunk(int Start, int Length, int PositionOffset, int Repaired);

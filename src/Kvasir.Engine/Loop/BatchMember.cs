using Kvasir.Engine.Sequences;

namespace Kvasir.Engine.Loop;

/// <summary>A sequence's part of a step.</summary>
/// <param name="Sequence">The sequence.</param>
/// <param name="Rows">Its rows in the step.</param>
/// <param name="LogitRow">Its logits row, or -1 when its known tokens are not all computed yet.</param>
internal readonly record struct BatchMember(Sequence Sequence, int Rows, int LogitRow);

using Kvasir.Engine.Sequences;

namespace Kvasir.Engine.Loop;

/// <summary>A sequence's part of a step.</summary>
/// <param name="Sequence">The sequence.</param>
/// <param name="FirstPosition">The position of its first row.</param>
/// <param name="Rows">Its rows in the step.</param>
/// <param name="Outputs">How many of them, the last ones, give logits or hidden states.</param>
/// <param name="FirstOutput">Index of the first of these among the step's.</param>
internal readonly record struct BatchMember(Sequence Sequence, int FirstPosition, int Rows, int Outputs, int FirstOutput);

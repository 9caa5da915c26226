namespace Kvasir.Benchmarks.ScBench;

/// <summary>Mean score of a turn over sessions.</summary>
/// <param name="Task">The task; the halves of mixed tasks are rows of their own, as <c>sum-niah.sum</c>.</param>
/// <param name="Length">Tokens of the context.</param>
/// <param name="Mode">How the context was reused.</param>
/// <param name="Turn">Number of the turn, from 1; 0 is the mean over the turns.</param>
/// <param name="Policy">How keys and values were kept.</param>
/// <param name="Budget">Bytes that were allowed, as a share of the whole cache in 16 bits.</param>
/// <param name="Bytes">Mean bytes of the frozen context, scales and indices included.</param>
/// <param name="Score">Mean score, 0 to 1.</param>
/// <param name="Sessions">Sessions.</param>
/// <param name="Valid">False when the model with its whole cache cannot do the task, so that a ranking means nothing; null when that was not measured.</param>
public sealed record ScRow(
    string Task, int Length, string Mode, int Turn, string Policy, double Budget, double Bytes, double Score, int Sessions, bool? Valid);

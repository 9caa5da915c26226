namespace Kvasir.Engine.Scheduling;

/// <summary>A sequence that may take part in the next step.</summary>
/// <param name="Index">The sequence's <see cref="SequenceSnapshot.Index"/>.</param>
/// <param name="MaxRows">Most rows that it may have in the step; what is left of the step's budget also bounds it.</param>
public readonly record struct ScheduleEntry(int Index, int MaxRows);

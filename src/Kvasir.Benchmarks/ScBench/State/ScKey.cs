namespace Kvasir.Benchmarks.ScBench.State;

/// <summary>Names a session that was run in one way.</summary>
/// <param name="Task">The task.</param>
/// <param name="Length">Tokens of the context.</param>
/// <param name="Session">Number of the session, from 0.</param>
/// <param name="Mode">How the context was reused.</param>
/// <param name="Policy">How keys and values were kept.</param>
/// <param name="Budget">Share of bytes.</param>
internal readonly record struct ScKey(string Task, int Length, int Session, ScMode Mode, string Policy, double Budget);

namespace Kvasir.Benchmarks.Agents.Workloads;

/// <summary>One task for a team: records, and a chain of look-ups through them.</summary>
/// <param name="Records">The text that all agents read.</param>
/// <param name="Question">What the first agent is asked.</param>
/// <param name="Expected">What each agent finds.</param>
internal sealed record AgentCase(string Records, string Question, IReadOnlyList<string> Expected);

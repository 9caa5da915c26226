namespace Kvasir.KvCache.Blending.Anchors;

/// <summary>Where in whose prompt offsets were measured.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Part">Number of the placeholder's part in the agent's template; an agent may read a text twice.</param>
public readonly record struct OffsetKey(string Agent, int Part);

using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Engine.Agents;

/// <summary>An agent with the base of its fixed segments: computed once, with markers in place of messages.</summary>
/// <param name="Definition">The agent.</param>
/// <param name="Segments">By part of the template; null for placeholders and for what comes before the first one.</param>
/// <param name="StoredAt">By part: where it stood.</param>
internal sealed record RegisteredAgent(AgentDefinition Definition, IReadOnlyList<FreeRows?> Segments, IReadOnlyList<int> StoredAt);

using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Engine.Agents;

/// <summary>A text that agents read: a user's or another agent's.</summary>
public sealed class AgentMessage
{
    internal AgentMessage(AgentTeam team, string id, ReadOnlyMemory<int> tokens, FreeRows baseRows, int storedAt)
    {
        (Team, Id, Tokens, Base, StoredAt) = (team, id, tokens, baseRows, storedAt);
    }

    /// <summary>Names it; the same text may have several names.</summary>
    public string Id { get; }

    /// <summary>Its tokens.</summary>
    public ReadOnlyMemory<int> Tokens { get; }

    internal AgentTeam Team { get; }

    /// <summary>
    /// Its rows as they were computed behind the lead-in, or by its author, whose context they carry. The last token may lack its row: it is
    /// computed wherever it is read.
    /// </summary>
    internal FreeRows Base { get; }

    /// <summary>Position at which its rows were computed.</summary>
    internal int StoredAt { get; }
}

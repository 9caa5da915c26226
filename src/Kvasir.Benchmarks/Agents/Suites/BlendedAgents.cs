using Kvasir.Benchmarks.Agents.Workloads;
using Kvasir.Engine.Agents;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Agents.Suites;

/// <summary>
/// What KVCOMM is held against: the messages of an agent's prompt as chunks that were computed by themselves behind the lead-in, of whose rows a
/// policy has some computed again (CacheBlend at 20 % in the published comparison).
/// </summary>
internal static class BlendedAgents
{
    private static int _runs;

    /// <summary>Answers an agent's prompt.</summary>
    /// <param name="session">The engine.</param>
    /// <param name="run">The team, which is neither asked nor taught anything.</param>
    /// <param name="agent">The agent.</param>
    /// <param name="messages">What fills its placeholders.</param>
    /// <param name="policy">Which rows are computed again.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<(Answer Answer, float[] First)> AskAsync(
        AgentSession session, StreamRun run, int agent, IReadOnlyDictionary<string, AgentMessage> messages, IBlendPolicy policy, CancellationToken cancellation)
    {
        var definition = run.Team.Require(TeamLayout.Name(agent)).Definition;
        var prompt = AgentPrompt.Fill(definition.Template, part => messages[part.Placeholder!].Tokens);
        var parts = prompt.MessageParts.Select(part => prompt.Places[part]).Where(place => place.Length > 0).ToArray();

        // Chunks of a scope of their own: nothing that others computed of these texts is found.
        var request = new GenerationRequest { Prompt = prompt.Tokens, MaxTokens = definition.MaxTokens, CacheSalt = BitConverter.GetBytes(--_runs), StorePrefix = false };
        foreach (var place in parts)
        {
            int[] alone = [.. run.Layout.LeadIn, .. prompt.Tokens.AsSpan(place.Start, place.Length)];
            var chunk = new BlendRequest { Policy = policy, Parts = [new ChunkPart(alone.Length - place.Length, place.Length)], MinTokens = 1 };
            await session.RunAsync(request with { Prompt = alone, MaxTokens = 1, Blending = chunk }, cancellation).ConfigureAwait(false);
        }

        return await session.RunAsync(request with { Blending = new BlendRequest { Policy = policy, Parts = parts, Store = false, MinTokens = 1 } }, cancellation).ConfigureAwait(false);
    }
}

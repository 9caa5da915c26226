using System.Collections.Concurrent;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Engine.Agents;

/// <summary>
/// Agents that run the same model with different roles and read each other's texts (KVCOMM, NeurIPS 2025, arXiv 2510.12872). A text's rows under one
/// role are predicted from those it has by itself and from what other texts' rows became under that role, instead of being computed.
/// </summary>
/// <remarks>
/// Answers over predicted rows are approximate (guarantee G2). With γ = 0 every prompt is computed, and answers have the bits of ordinary requests. A team belongs to
/// one engine and one tenant; nothing crosses to another. Its methods may be called from any thread.
/// </remarks>
public sealed class AgentTeam
{
    private readonly ConcurrentDictionary<string, RegisteredAgent> _agents = new(StringComparer.Ordinal);
    private readonly AgentCounters _counters = new();
    private readonly Lock _gate = new();
    private AnchorPools? _pools;
    private long _messages;

    /// <summary>Makes a team without agents.</summary>
    /// <param name="engine">Runs them; the caller disposes it, after the team's last round.</param>
    /// <param name="options">How the team reuses.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public AgentTeam(KvasirEngine engine, AgentOptions options)
    {
        options.Anchors.Validate();
        if (options.LeadIn.IsEmpty)
            throw new ArgumentException("LeadIn is empty; give the tokens of a short neutral text, such as \"The task is:\"", nameof(options));
        (Engine, Options) = (engine, options);
    }

    /// <summary>How the team reuses.</summary>
    public AgentOptions Options { get; }

    /// <summary>From how many tokens on prediction is quicker, as measured so far.</summary>
    public BreakEven BreakEven { get; } = new();

    /// <summary>What the team has done so far.</summary>
    public AgentStatistics Statistics => _counters.Read(_pools);

    internal KvasirEngine Engine { get; }

    internal AgentCounters Counters => _counters;

    internal AnchorPools Pools =>
        _pools ?? throw new InvalidOperationException("the team has no agents; register them before the first round");

    /// <summary>Takes an agent in: the base of its fixed segments is computed, with markers in place of messages.</summary>
    /// <exception cref="ArgumentException">There is an agent of this name, or the template does not fit the model.</exception>
    public async Task RegisterAsync(AgentDefinition agent, CancellationToken cancellation = default)
    {
        var prompt = AgentPrompt.Fill(agent.Template, part => part.Tokens);
        var parts = agent.Template.Parts;
        var segments = Enumerable.Range(1, parts.Count - 1).Where(part => parts[part].Placeholder is null).ToArray();
        var recorder = await ComputeAsync(prompt.Tokens, [.. segments.Select(part => prompt.Places[part])], cancellation).ConfigureAwait(false);
        var rows = new FreeRows?[parts.Count];
        for (var i = 0; i < segments.Length; i++)
            rows[segments[i]] = recorder.Stretches![i];
        if (!_agents.TryAdd(agent.Name, new RegisteredAgent(agent, rows, [.. prompt.Places.Select(place => place.Start)])))
            throw new ArgumentException($"the team has an agent '{agent.Name}' already", nameof(agent));
    }

    /// <summary>
    /// Begins a round: one task that goes through the agents. It sees the anchors as they are now; what it finds out is taken over when no round is
    /// under way.
    /// </summary>
    /// <exception cref="InvalidOperationException">No agent is registered.</exception>
    public AgentRound BeginRound() => new(this, Pools.Begin());

    internal RegisteredAgent Require(string name) => _agents.TryGetValue(name, out var agent)
        ? agent
        : throw new ArgumentException($"the team has no agent '{name}'; register it first", nameof(name));

    internal string NextId(string author) => $"{author}#{Interlocked.Increment(ref _messages)}";

    /// <summary>Computes a prompt, all of it or behind a prefix that is known, and copies stretches of it.</summary>
    internal async Task<RowRecorder> ComputeAsync(int[] tokens, IReadOnlyList<ChunkPart> stretches, CancellationToken cancellation)
    {
        var recorder = new RowRecorder(stretches);
        using var generation = Engine.Submit(new GenerationRequest { Prompt = tokens, MaxTokens = 1, CacheSalt = Options.CacheSalt, Capture = recorder });
        await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);
        Accept(recorder);
        return recorder;
    }

    /// <summary>Refuses rows of another model, tenant or adapter.</summary>
    /// <exception cref="InvalidOperationException">They are of one, or there are none because the answer was cancelled.</exception>
    internal void Accept(RowRecorder recorder)
    {
        var scope = recorder.Scope ?? throw new InvalidOperationException("the answer ended before its rows could be read: it was cancelled");
        lock (_gate)
        {
            _pools ??= new AnchorPools(scope, Options.Anchors);
            if (_pools.Scope.Root != scope.Root)
                throw new InvalidOperationException("the rows belong to another model, tenant or adapter than the team's");
        }
    }
}

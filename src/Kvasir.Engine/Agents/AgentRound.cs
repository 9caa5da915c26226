using System.Diagnostics;
using Kvasir.Engine.Blending;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Engine.Agents;

/// <summary>One task that goes through the agents of a team. Agents may be asked from several threads; disposing ends the round.</summary>
public sealed class AgentRound : IDisposable
{
    private readonly AgentTeam _team;
    private readonly AnchorView _view;
    private readonly MessageWeights _weights;
    private readonly ReusePlanner _planner;
    private int _disposed;

    internal AgentRound(AgentTeam team, AnchorView view)
    {
        _team = team;
        _view = view;
        _weights = new MessageWeights(view, team.Options.Anchors, team.Counters);
        _planner = new ReusePlanner(team.Options, view, _weights);
    }

    /// <summary>Brings in a text from outside: it is computed once by itself, behind the lead-in.</summary>
    /// <param name="placeholder">Placeholder that it will fill.</param>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="id">Its name; a new one when null. A text that comes again under its name finds the offsets that it left.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<AgentMessage> AddTextAsync(string placeholder, ReadOnlyMemory<int> tokens, string? id = null, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (tokens.IsEmpty)
            throw new ArgumentException("the text has no tokens", nameof(tokens));
        var leadIn = _team.Options.LeadIn;
        var started = Stopwatch.GetTimestamp();
        var recorder = await _team.ComputeAsync([.. leadIn.Span, .. tokens.Span], [new ChunkPart(leadIn.Length, tokens.Length)], cancellation).ConfigureAwait(false);
        _team.BreakEven.AddDense(tokens.Length, Stopwatch.GetElapsedTime(started).TotalSeconds);
        var message = new AgentMessage(_team, id ?? _team.NextId(placeholder), tokens, recorder.Stretches![0], leadIn.Length);
        _weights.Predict(placeholder, message);
        return message;
    }

    /// <summary>Asks an agent.</summary>
    /// <param name="agent">Its name.</param>
    /// <param name="messages">What fills its placeholders, by their names.</param>
    /// <param name="call">How it is asked; by the team's rules when null.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ArgumentException">There is no such agent, or a message is missing or belongs to another team.</exception>
    /// <exception cref="ContextLengthException">The prompt is too long.</exception>
    public async Task<AgentAnswer> AskAsync(
        string agent, IReadOnlyDictionary<string, AgentMessage> messages, AgentCall? call = null, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        var started = Stopwatch.GetTimestamp();
        call ??= new AgentCall();
        var registered = _team.Require(agent);
        var prompt = AgentPrompt.Fill(registered.Definition.Template, part => Content(messages, part.Placeholder!));
        var decision = _planner.Decide(registered, prompt, messages, call);
        var recorder = new RowRecorder(Stretches(registered, prompt, messages, decision.NewAnchors), call.Capture);
        var preparation = Stopwatch.GetElapsedTime(started);
        var request = new GenerationRequest
        {
            Prompt = prompt.Tokens,
            MaxTokens = call.MaxTokens ?? registered.Definition.MaxTokens,
            CacheSalt = _team.Options.CacheSalt,
            UsePrefixCache = call.LeavesTraces,
            Given = decision.Given is { Parts.Count: > 0 } ? decision.Given : null,
            Capture = recorder,
        };
        var leastMargin = request.Given is not null && call.Reuse == AgentReuse.Auto ? _team.Options.LeastMargin : 0;
        var answer = await GenerateAsync(request, leastMargin, cancellation).ConfigureAwait(false);
        var (doubted, inVain) = (answer is null, TimeSpan.Zero);
        if (answer is null)
        {
            inVain = Stopwatch.GetElapsedTime(started) - preparation;
            decision = decision with { Given = null };
            answer = (await GenerateAsync(request with { Given = null }, leastMargin: 0, cancellation).ConfigureAwait(false))!;
        }

        _team.Accept(recorder);
        Keep(registered, messages, decision.NewAnchors, recorder);
        var rows = recorder.Answer!.First(answer.Tokens.Count);
        var message = new AgentMessage(_team, _team.NextId(agent), answer.Tokens.ToArray(), rows, prompt.Tokens.Length);
        var result = new AgentAnswer
        {
            Message = message,
            Answer = answer,
            Reused = decision.Given is not null,
            Doubted = doubted,
            PredictedTokens = decision.Given?.Tokens ?? 0,
            Placeholders = decision.Reports,
            PreparationTime = preparation,
            CorrectionTime = decision.Given?.Time ?? TimeSpan.Zero,
            TimeToFirstToken = preparation + inVain + answer.Statistics.TimeToFirstToken,
        };
        if (call.LeavesTraces)
            Count(result);
        if (registered.Definition.Answers is { } placeholder)
            _weights.Predict(placeholder, message);
        return result;
    }

    /// <summary>Answers; null, with the answer given up, when its first token leads the second by less.</summary>
    private async Task<Answer?> GenerateAsync(GenerationRequest request, double leastMargin, CancellationToken cancellation)
    {
        using var generation = _team.Engine.Submit(leastMargin > 0 ? request with { TopLogprobs = 2 } : request);
        if (leastMargin > 0)
        {
            await using var tokens = generation.Choices[0].ReadAsync(cancellation).GetAsyncEnumerator(cancellation);
            if (await tokens.MoveNextAsync().ConfigureAwait(false) && tokens.Current.Top is [var best, var second, ..] && best.Logprob - second.Logprob < leastMargin)
                return null;
        }

        return await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Ends the round: what it found out is taken over as soon as none is under way.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _team.Pools.End(_view);
    }

    private ReadOnlyMemory<int> Content(IReadOnlyDictionary<string, AgentMessage> messages, string placeholder)
    {
        if (!messages.TryGetValue(placeholder, out var message))
            throw new ArgumentException($"the message for the placeholder '{placeholder}' is missing", nameof(messages));
        if (message.Team != _team)
            throw new ArgumentException($"the message '{message.Id}' belongs to another team, whose rows may not be used here", nameof(messages));
        return message.Tokens;
    }

    /// <summary>What is read of a computed prompt: of each message that becomes an anchor its rows, then those of the segment behind it.</summary>
    private List<ChunkPart> Stretches(RegisteredAgent agent, AgentPrompt prompt, IReadOnlyDictionary<string, AgentMessage> messages, IReadOnlyList<int> parts)
    {
        var stretches = new List<ChunkPart>();
        foreach (var part in parts)
        {
            stretches.Add(new ChunkPart(prompt.Places[part].Start, messages[agent.Definition.Template.Parts[part].Placeholder!].Base.Rows));
            if (agent.Definition.Template.SegmentBehind(part) is { } behind && IsKept(agent, behind))
                stretches.Add(prompt.Places[behind]);
        }

        return stretches;
    }

    private void Keep(RegisteredAgent agent, IReadOnlyDictionary<string, AgentMessage> messages, IReadOnlyList<int> parts, RowRecorder recorder)
    {
        var next = 0;
        foreach (var part in parts)
        {
            var placeholder = agent.Definition.Template.Parts[part].Placeholder!;
            var message = messages[placeholder];
            var ofMessage = recorder.Stretches![next++].Minus(message.Base);
            FreeRows? ofSegment = null;
            if (agent.Definition.Template.SegmentBehind(part) is { } behind && IsKept(agent, behind))
                ofSegment = recorder.Stretches[next++].Minus(agent.Segments[behind]!);
            _view.Add(placeholder, message.Id, message.Base, new OffsetKey(agent.Definition.Name, part), new AnchorOffsets(ofMessage, ofSegment));
        }
    }

    private bool IsKept(RegisteredAgent agent, int segment) =>
        _team.Options.KeepsSegments || AgentPrompt.IsPredicted(segment, agent.Definition.Template.Parts.Count, _team.Options.Segments);

    private void Count(AgentAnswer answer)
    {
        _team.Counters.Add(answer);
        if (answer.Reused)
            _team.BreakEven.AddReused(answer.PredictedTokens, (answer.PreparationTime + answer.CorrectionTime).TotalSeconds);
    }
}

using Kvasir.Engine;
using Kvasir.Engine.Agents;
using Kvasir.Engine.Requests;

namespace Kvasir.Benchmarks.Agents;

/// <summary>An engine under measurement whose first logits are seen; one request at a time where they are wanted.</summary>
internal sealed class AgentSession : IDisposable
{
    private float[]? _first;

    private AgentSession(KvasirEngine engine) => Engine = engine;

    public KvasirEngine Engine { get; }

    public static async Task<AgentSession> OpenAsync(string model, EngineOptions options)
    {
        var session = new AgentSession(KvasirEngine.Load(model, options));
        try
        {
            await session.Engine.QueryAsync(loop => loop.Observer = (_, logits) => session._first ??= logits.ToArray()).ConfigureAwait(false);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Asks an agent; the logits that its first token was chosen from come with the answer.</summary>
    public async Task<(AgentAnswer Answer, float[] First)> AskAsync(
        AgentRound round, string agent, IReadOnlyDictionary<string, AgentMessage> messages, AgentCall? call, CancellationToken cancellation)
    {
        // The loop is idle between two requests, so that its thread sees what is set here.
        _first = null;
        var answer = await round.AskAsync(agent, messages, call, cancellation).ConfigureAwait(false);
        return (answer, _first!);
    }

    /// <summary>Answers a request; the logits that its first token was chosen from come with the answer.</summary>
    public async Task<(Answer Answer, float[] First)> RunAsync(GenerationRequest request, CancellationToken cancellation)
    {
        _first = null;
        using var generation = Engine.Submit(request);
        var answer = await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);
        return (answer, _first!);
    }

    public void Dispose() => Engine.Dispose();
}

using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Engine;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Sessions;

/// <summary>An engine that sessions run on, one request at a time, whose logits can be read.</summary>
internal sealed class SessionEngine : IDisposable
{
    private readonly List<float[]> _rows = [];
    private bool _reads;

    private SessionEngine(KvasirEngine engine, KvLayout layout)
    {
        Engine = engine;
        Layout = layout;
        Frame = PromptFrame.Of(engine);
        Shapes = new CostShapes(engine.Config, layout);
        Profiles = ProfileFiles.Of(engine.Model);
    }

    public KvasirEngine Engine { get; }

    public KvLayout Layout { get; }

    public PromptFrame Frame { get; }

    public CostShapes Shapes { get; }

    /// <summary>What was measured of the model.</summary>
    public ModelProfiles Profiles { get; }

    /// <summary>What the requests should have cost so far by <see cref="Shapes"/>.</summary>
    public StageCosts Expected { get; private set; }

    /// <summary>A compression policy, with the model's profile where it stands on one.</summary>
    public ICompressionPolicy Policy(string name) => CompressionPolicies.Create(name, Profiles);

    /// <summary>Takes down what a request that was run elsewhere should have cost.</summary>
    public void Expect(StageCosts costs) => Expected += costs;

    /// <summary>Loads a model.</summary>
    public static async Task<SessionEngine> OpenAsync(string model, EngineOptions options)
    {
        var engine = KvasirEngine.Load(model, options);
        try
        {
            var layout = await engine.QueryAsync(loop => loop.Pool.Layout).ConfigureAwait(false);
            var session = new SessionEngine(engine, layout);
            await engine.QueryAsync(loop => loop.Observer = (_, logits) => session.Observe(logits)).ConfigureAwait(false);
            return session;
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>Answers, and takes down what that should have cost.</summary>
    /// <param name="request">The request.</param>
    /// <param name="costs">What an answer of so many tokens costs.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<(Answer Answer, StageCosts Costs)> RunAsync(GenerationRequest request, Func<int, StageCosts> costs, CancellationToken cancellation)
    {
        using var generation = Engine.Submit(request);
        var answer = await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);

        // A stop token is sampled too, but is no part of the answer.
        var cost = costs(answer.Tokens.Count + (answer.Finish == FinishReason.Stop ? 1 : 0));
        Expected += cost;
        return (answer, cost);
    }

    /// <summary>Answers and returns the logits of every token.</summary>
    public async Task<IReadOnlyList<float[]>> ReadAsync(GenerationRequest request, Func<int, StageCosts> costs, CancellationToken cancellation)
    {
        // The loop is idle between two requests, so that its thread sees what is set here.
        _rows.Clear();
        _reads = true;
        try
        {
            await RunAsync(request, costs, cancellation).ConfigureAwait(false);
            return [.. _rows];
        }
        finally
        {
            _reads = false;
        }
    }

    /// <summary>Answers and returns the logits of every token, without taking down costs.</summary>
    /// <param name="request">The request.</param>
    /// <param name="onAnswer">Sees the answer.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<IReadOnlyList<float[]>> ReadAsync(GenerationRequest request, Action<Answer> onAnswer, CancellationToken cancellation)
    {
        _rows.Clear();
        _reads = true;
        try
        {
            using var generation = Engine.Submit(request);
            onAnswer(await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false));
            return [.. _rows];
        }
        finally
        {
            _reads = false;
        }
    }

    public Task<EngineStatus> StatusAsync() => Engine.GetStatusAsync();

    public void Dispose() => Engine.Dispose();

    private void Observe(ReadOnlySpan<float> logits)
    {
        if (_reads)
            _rows.Add(logits.ToArray());
    }
}

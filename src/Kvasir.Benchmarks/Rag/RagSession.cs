using Kvasir.Benchmarks.Rag.Workloads;
using Kvasir.Engine;
using Kvasir.Engine.Requests;

namespace Kvasir.Benchmarks.Rag;

/// <summary>An engine under measurement whose logits are seen; one request at a time.</summary>
internal sealed class RagSession : IDisposable
{
    /// <summary>Most tokens of an answer.</summary>
    public const int AnswerTokens = 16;

    private readonly List<float[]> _rows = [];
    private Predicate<int> _wanted = row => row == 0;
    private int _row;

    private RagSession(KvasirEngine engine)
    {
        Engine = engine;
        Frame = PromptFrame.Of(engine);
    }

    public KvasirEngine Engine { get; }

    public PromptFrame Frame { get; }

    public static async Task<RagSession> OpenAsync(string model, EngineOptions options)
    {
        var session = new RagSession(KvasirEngine.Load(model, options));
        try
        {
            await session.Engine.QueryAsync(loop => loop.Observer = (_, logits) => session.Observe(logits)).ConfigureAwait(false);

            // The first request of a process pays for what no later one does.
            await session.AnswerAsync(new GenerationRequest { Prompt = session.Frame.Encode("The first request."), MaxTokens = 2, UsePrefixCache = false }).ConfigureAwait(false);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Answers and keeps logits rows, e.g. that of the first token.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="wanted">Which rows are kept, by the number of the token that is chosen from them; the first alone when null.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<RagAnswer> AnswerAsync(GenerationRequest request, Predicate<int>? wanted = null, CancellationToken cancellation = default)
    {
        // The loop is idle between two requests, so that its thread sees what is set here.
        _rows.Clear();
        _row = 0;
        _wanted = wanted ?? (row => row == 0);
        using var generation = Engine.Submit(request);
        var answer = await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);
        return new RagAnswer(answer, [.. _rows]);
    }

    public void Dispose() => Engine.Dispose();

    private void Observe(ReadOnlySpan<float> logits)
    {
        if (_wanted(_row++))
            _rows.Add(logits.ToArray());
    }
}

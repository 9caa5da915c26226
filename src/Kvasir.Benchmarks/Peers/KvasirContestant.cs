using System.Diagnostics;
using System.Globalization;
using Kvasir.Engine;
using Kvasir.Engine.Requests;

namespace Kvasir.Benchmarks.Peers;

/// <summary>Kvasir in this process: an engine for each number of threads, loaded when it is first asked for.</summary>
/// <param name="model">A GGUF file or a Hugging Face folder.</param>
/// <param name="context">Most tokens of a sequence.</param>
/// <param name="kvBytesPerToken">Bytes of keys and values of one token.</param>
internal sealed class KvasirContestant(string model, int context, long kvBytesPerToken) : IContestant
{
    /// <summary>Room beside a full context for the sequences of a batch and for what is cached.</summary>
    private const int SpareTokens = 4096;

    private readonly Dictionary<int, KvasirEngine> _engines = [];

    public string Name => "kvasir";

    public int? ProcessId => null;

    /// <summary>Loads the engine for a number of threads, so that no turn has to.</summary>
    public void Load(int threads)
    {
        if (_engines.ContainsKey(threads))
            return;
        _engines.Add(threads, KvasirEngine.Load(model, new EngineOptions
        {
            Threads = threads,
            MaxContext = context,
            KvBudgetBytes = kvBytesPerToken * ((2L * context) + SpareTokens),
        }));
    }

    public bool TakesPart(string check) => true;

    public async Task<TurnTime> RunAsync(Turn turn, CancellationToken cancellation)
    {
        Load(turn.Threads);
        var engine = _engines[turn.Threads];
        if (!turn.Reuse)
            await engine.ClearCacheAsync().ConfigureAwait(false);
        var started = 0L;

        // Submitted between two steps, so that all of them are in the next one; a peer's sequences start together too.
        var generations = await engine.QueryAsync(_ =>
        {
            started = Stopwatch.GetTimestamp();
            return turn.Prompts.Select(prompt => (
                Generation: engine.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = turn.Answer, IgnoreStopTokens = true }),
                SubmittedMs: Stopwatch.GetElapsedTime(started).TotalMilliseconds)).ToArray();
        }).ConfigureAwait(false);
        try
        {
            double first = 0, last = 0;
            foreach (var (generation, submitted) in generations)
            {
                var statistics = (await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false)).Statistics;
                if (statistics.AnswerTokens != turn.Answer)
                    throw new PeerException(string.Create(CultureInfo.InvariantCulture, $"an answer has {statistics.AnswerTokens} tokens instead of {turn.Answer}: the context is {context} tokens"));
                first = Math.Max(first, submitted + statistics.TimeToFirstToken.TotalMilliseconds);
                last = Math.Max(last, submitted + statistics.TotalTime.TotalMilliseconds);
            }

            return new TurnTime(first, last - first, (turn.Answer - 1) * turn.Prompts.Count);
        }
        finally
        {
            foreach (var (generation, _) in generations)
                generation.Dispose();
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (var engine in _engines.Values)
            engine.Dispose();
        _engines.Clear();
        return ValueTask.CompletedTask;
    }
}

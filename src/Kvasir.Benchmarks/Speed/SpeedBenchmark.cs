using Kvasir.Benchmarks.Measures;
using Kvasir.Engine;
using Kvasir.Engine.Requests;

namespace Kvasir.Benchmarks.Speed;

/// <summary>Times a lone request: prefill and decode, nothing reused, the answer never ended by a stop token.</summary>
public static class SpeedBenchmark
{
    private const int Seed = 1;

    /// <summary>Runs the benchmark.</summary>
    /// <param name="engine">Stays the caller's.</param>
    /// <param name="options">What to time.</param>
    /// <param name="progress">Gets every timed run.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static async Task<SpeedReport> RunAsync(
        KvasirEngine engine, SpeedOptions options, IProgress<SpeedRun>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate();
        var total = options.PromptTokens + options.DecodeTokens;
        if (total > engine.MaxContext)
            throw new ContextLengthException(total, engine.MaxContext, "lower --prompt-tokens or --decode-tokens");

        var random = new Random(Seed);
        var prompt = new int[options.PromptTokens];
        for (var i = 0; i < prompt.Length; i++)
            prompt[i] = random.Next(engine.Config.VocabSize);

        var runs = new List<SpeedRun>();
        for (var i = 0; i <= options.Runs; i++)
        {
            var run = await TimeAsync(engine, prompt, options.DecodeTokens, cancellation).ConfigureAwait(false);
            if (i == 0)
                continue;
            runs.Add(run);
            progress?.Report(run);
        }

        return new SpeedReport(Samples.Median(runs.Select(run => run.PrefillTps)), Samples.Median(runs.Select(run => run.DecodeTps)), runs);
    }

    private static async Task<SpeedRun> TimeAsync(KvasirEngine engine, int[] prompt, int decodeTokens, CancellationToken cancellation)
    {
        using var generation = engine.Submit(new GenerationRequest
        {
            Prompt = prompt,
            MaxTokens = decodeTokens,
            IgnoreStopTokens = true,
            UsePrefixCache = false,
        });
        var statistics = (await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false)).Statistics;
        var first = statistics.TimeToFirstToken;
        return new SpeedRun(
            prompt.Length / first.TotalSeconds,
            (statistics.AnswerTokens - 1) / (statistics.TotalTime - first).TotalSeconds,
            first.TotalMilliseconds);
    }
}

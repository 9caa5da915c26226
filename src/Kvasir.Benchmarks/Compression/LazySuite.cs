using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Tables;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Compression;

/// <summary>LazyEviction: an answer that comes back to places of the prompt after long silences, and the saw-tooth of its cache.</summary>
internal static class LazySuite
{
    private const int Window = 32;

    private static readonly string[] Policies = ["lazy", "lazy-no-frequency", "lazy-timestamp", "lazy-no-silence", "h2o", "tova", "streamingllm"];

    public static async Task RunAsync(CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        using var session = await SessionEngine.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvType = KvDataType.F16 }).ConfigureAwait(false);
        await SawTooth(session, options, log, cancellation).ConfigureAwait(false);
        var prompts = CompressionPrompt.MakeReturning(session, options.Quick ? 4 : 20, options.Quick ? 500 : 800, options.Quick ? 10 : 20, options.Seed + 3);
        var run = new QualityRun(session, prompts, log.Progress);
        foreach (var share in new[] { 0.5, 0.3 })
        {
            // Equal peaks: what works in bursts has its window more for a while, the others have it always. In its first window LazyEviction still
            // has the whole prompt, which flatters it.
            var methods = Policies.Select(name => (session.Policy(name), (Func<int, int>)(rows => (int)(rows * share) + (name.StartsWith("lazy", StringComparison.Ordinal) ? 0 : Window)))).ToArray();
            var outcomes = await run.RunAsync(methods, seesQuestion: true, cancellation).ConfigureAwait(false);
            log.Add("lazy", outcomes);
            var at = outcomes.ToDictionary(outcome => outcome.Policy);
            foreach (var name in Policies)
                log.Add(FormattableString.Invariant($"lazy.agreement.{name}@{share:0.##}"), 100 * at[name].Agreement.Average(), "%", 100, "tokens of answers that return to the prompt which are still the most probable ones");
            log.Add(FormattableString.Invariant($"lazy.overH2o@{share:0.##}"), 100 * (at["lazy"].Agreement.Average() - at["h2o"].Agreement.Average()), "points", 5, "LazyEviction minus H2O, equal peaks after the first window");
            log.Add(FormattableString.Invariant($"lazy.overTova@{share:0.##}"), 100 * (at["lazy"].Agreement.Average() - at["tova"].Agreement.Average()), "points", 10, "LazyEviction minus TOVA, equal peaks after the first window");
        }
    }

    /// <summary>Rows stay between the budget and the budget and a window, and fall at multiples of the window only.</summary>
    private static async Task SawTooth(SessionEngine session, CompressionOptions options, CompressionLog log, CancellationToken cancellation)
    {
        var budget = 128;
        var steps = options.Quick ? 200 : 1000;
        var counts = new List<int>();
        await session.Engine.QueryAsync(loop => loop.AfterStep = sequence =>
        {
            if (sequence is { Table: RaggedTable table, AnswerLength: > 0 })
                counts.Add(table.Rows(0));
        }).ConfigureAwait(false);
        try
        {
            var random = new Random(options.Seed);
            int[] prompt = [.. session.Frame.Head, .. Enumerable.Range(0, 100).Select(_ => 16 + random.Next(1000))];
            using var generation = session.Engine.Submit(new GenerationRequest
            {
                Prompt = prompt,
                MaxTokens = steps,
                IgnoreStopTokens = true,
                Compression = new KvCompression { Policy = new LazyEvictionPolicy("lazy", new LazyEvictionOptions { Window = Window }), Rows = budget },
            });
            await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);
            var wrong = 0;
            var expected = prompt.Length;
            for (var step = 1; step <= counts.Count; step++)
            {
                expected = expected + 1 > budget && step % Window == 0 ? budget : expected + 1;
                wrong += counts[step - 1] == expected ? 0 : 1;
            }

            log.Add("lazy.sawtoothExact", wrong == 0 && counts.Count == steps - 1 ? 1 : 0, "", 1, $"{counts.Count} steps, {wrong} with another number of rows than the rule gives (budget {budget}, window {Window})");
        }
        finally
        {
            await session.Engine.QueryAsync(loop => loop.AfterStep = null).ConfigureAwait(false);
        }
    }
}

using Kvasir.Benchmarks.Rag.Suites;
using Kvasir.Engine;

namespace Kvasir.Benchmarks.Rag;

/// <summary>
/// Reuse of chunks on the product's own engine: what each policy costs and saves against full recomputation, prefix caching and naive reuse.
/// </summary>
public static class RagBenchmark
{
    private static readonly (string Name, Func<RagSession, RagRecorder, Task> Run)[] Known =
    [
        ("exact", ExactSuite.RunAsync),
        ("quality", QualitySuite.RunAsync),
        ("decode", DecodeSuite.RunAsync),
        ("context", ContextSuite.RunAsync),
        ("deviation", DeviationSuite.RunAsync),
        ("alpha", AlphaSuite.RunAsync),
        ("loading", LoadingSuite.RunAsync),
        ("queue", QueueSuite.RunAsync),
        ("trace", TraceSuite.RunAsync),
        ("templates", TemplateSuite.RunAsync),
        ("endurance", EnduranceSuite.RunAsync),
    ];

    private const string Long = "long";

    /// <summary>The suites in their order.</summary>
    public static IReadOnlyList<string> Suites { get; } = [.. Known.Select(suite => suite.Name), Long];

    /// <summary>Runs it. When cancelled it returns what it has so far.</summary>
    /// <exception cref="ArgumentException">A suite is unknown.</exception>
    public static async Task<RagReport> RunAsync(RagBenchmarkOptions options, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var wanted = options.Suites ?? Suites;
        foreach (var name in wanted.Where(name => !Suites.Contains(name)))
            throw new ArgumentException($"suite '{name}' is unknown; known: {string.Join(", ", Suites)}", nameof(options));
        var recorder = new RagRecorder(options, progress, cancellation);
        try
        {
            await RunAsync(options.Model, Known.Where(suite => wanted.Contains(suite.Name)).ToArray()).ConfigureAwait(false);
            if (wanted.Contains(Long))
                await RunAsync(options.LongModel ?? options.Model, [(Long, LongSuite.RunAsync)]).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return recorder.Report(interrupted: true);
        }

        return recorder.Report(interrupted: false);

        async Task RunAsync(string model, (string Name, Func<RagSession, RagRecorder, Task> Run)[] suites)
        {
            if (suites.Length == 0)
                return;
            using var session = await RagSession.OpenAsync(model, new EngineOptions { Threads = options.Threads, KvBudgetBytes = options.KvBytes }).ConfigureAwait(false);
            foreach (var (name, run) in suites)
            {
                recorder.Say(name);
                await session.Engine.ClearCacheAsync().ConfigureAwait(false);
                await run(session, recorder).ConfigureAwait(false);
            }
        }
    }
}

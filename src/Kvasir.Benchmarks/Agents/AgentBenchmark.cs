using Kvasir.Benchmarks.Agents.Suites;
using Kvasir.Engine;

namespace Kvasir.Benchmarks.Agents;

/// <summary>Teams of agents that borrow rows from each other (KVCOMM) on the product's own engine, against dense runs of the same prompts.</summary>
public static class AgentBenchmark
{
    private static readonly (string Name, Func<AgentSession, AgentRecorder, Task> Run)[] Known =
    [
        ("stream", StreamSuite.RunAsync),
        ("replay", ReplaySuite.RunAsync),
        ("time", TimeSuite.RunAsync),
        ("curves", CurveSuite.RunAsync),
    ];

    /// <summary>The suites in their order.</summary>
    public static IReadOnlyList<string> Suites { get; } = [.. Known.Select(suite => suite.Name)];

    /// <summary>Runs it. When cancelled it returns what it has so far.</summary>
    /// <exception cref="ArgumentException">A suite is unknown.</exception>
    public static async Task<AgentReport> RunAsync(AgentBenchmarkOptions options, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var wanted = options.Suites ?? Suites;
        foreach (var name in wanted.Where(name => !Suites.Contains(name)))
            throw new ArgumentException($"suite '{name}' is unknown; known: {string.Join(", ", Suites)}", nameof(options));
        var recorder = new AgentRecorder(options, progress, cancellation);
        using var session = await AgentSession.OpenAsync(options.Model, new EngineOptions { Threads = options.Threads, KvBudgetBytes = options.KvBytes }).ConfigureAwait(false);
        try
        {
            foreach (var (name, run) in Known.Where(suite => wanted.Contains(suite.Name)))
            {
                recorder.Say(name);
                await session.Engine.ClearCacheAsync().ConfigureAwait(false);
                await run(session, recorder).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return recorder.Report(interrupted: true);
        }

        return recorder.Report(interrupted: false);
    }
}

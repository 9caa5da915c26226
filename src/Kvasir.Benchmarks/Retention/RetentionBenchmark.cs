using Kvasir.KvCache.Retention.Ghost;
using Kvasir.KvCache.Retention.Objects;

namespace Kvasir.Benchmarks.Retention;

/// <summary>
/// Runs the policies of tiers over seeded traffic: hit rate in tokens against memory, beside the best that is possible, and the ghost
/// index beside a tier with LRU. All is simulated; the same seed gives the same numbers on every machine.
/// </summary>
public static class RetentionBenchmark
{
    /// <summary>Name of the bound among the policies.</summary>
    public const string Bound = "belady";

    /// <summary>Life of an object with the policy <c>ttl</c>.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(10);

    private const int Requests = 12_000;
    private const int QuickRequests = 2_000;
    private static readonly double[] Fractions = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2];
    private static readonly double[] QuickFractions = [0.02, 0.05, 0.2];

    private static readonly Dictionary<string, Func<int, int, RetentionTrace>> Generators = new(StringComparer.Ordinal)
    {
        ["conversation"] = ConversationTrace.Create,
        ["rag"] = RagTrace.Create,
        ["agent"] = AgentTrace.Create,
    };

    /// <summary>Names of the traces.</summary>
    public static IReadOnlyList<string> Traces => [.. Generators.Keys];

    /// <summary>Runs it. When cancelled it returns what it has so far.</summary>
    public static RetentionReport Run(RetentionBenchmarkOptions options, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var rows = new List<RetentionRow>();
        var ghost = new List<GhostRow>();
        try
        {
            foreach (var name in options.Traces ?? Traces)
                RunTrace(Create(name, options.Seed, options.Quick ? QuickRequests : Requests), options, rows, ghost, progress, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return new RetentionReport(rows, ghost, Interrupted: true);
        }

        return new RetentionReport(rows, ghost, Interrupted: false);
    }

    /// <summary>A trace by name.</summary>
    internal static RetentionTrace Create(string name, int seed, int requests) => Generators.TryGetValue(name, out var generator)
        ? generator(seed, requests)
        : throw new ArgumentException($"trace '{name}' is unknown; known: {string.Join(", ", Generators.Keys)}", nameof(name));

    /// <summary>Chunks that a policy finds in a trace; <c>pinned</c> is LRU with the chunks that all share pinned.</summary>
    internal static long FoundChunks(RetentionTrace trace, string name, long bytes, CancellationToken cancellation = default)
    {
        if (name == Bound)
            return BeladyBound.FoundChunks(trace, bytes, cancellation);
        var pins = name == "pinned" ? new PinnedPolicy(new LruPolicy()) : null;
        var policy = pins ?? CachePolicies.Create(name, TimeToLive);
        var tier = new TierSimulator(policy, bytes)
        {
            Added = pins is null ? null : key =>
            {
                if (trace.Shared.Contains(key))
                    pins.Pin(key, "operator");
            },
        };
        foreach (var request in trace.Requests)
        {
            cancellation.ThrowIfCancellationRequested();
            tier.Handle(request);
        }

        return tier.FoundChunks;
    }

    /// <summary>Shows a trace to a ghost index.</summary>
    internal static GhostIndex Observe(RetentionTrace trace, GhostIndexOptions options)
    {
        var index = new GhostIndex(options);
        foreach (var request in trace.Requests)
            index.ObservePrompt([.. request.Chunks.Select(key => new GhostAccess(key, RetentionTrace.ChunkBytes))]);
        return index;
    }

    private static void RunTrace(
        RetentionTrace trace, RetentionBenchmarkOptions options, List<RetentionRow> rows, List<GhostRow> ghost, IProgress<string>? progress, CancellationToken cancellation)
    {
        progress?.Report($"{trace.Name}: {trace.Requests.Count} prompts, {trace.AskedChunks} chunks, {trace.UniqueChunks} of them different, {trace.WorkingSetBytes >> 20} MiB");
        var index = Observe(trace, new GhostIndexOptions());
        foreach (var fraction in options.Quick ? QuickFractions : Fractions)
        {
            var bytes = (long)(fraction * trace.UniqueChunks) * RetentionTrace.ChunkBytes;
            foreach (var policy in CachePolicies.Names.Append(Bound))
            {
                var rate = (double)FoundChunks(trace, policy, bytes, cancellation) / trace.AskedChunks;
                rows.Add(new RetentionRow(trace.Name, policy, fraction, bytes, rate));
                if (policy == "lru")
                    ghost.Add(new GhostRow(trace.Name, fraction, bytes, index.Predict(bytes), rate, index.Status.SamplingRate));
            }

            progress?.Report($"{trace.Name}: {fraction:P0} of the working set done");
        }
    }
}

using Kvasir.KvCache.Compression.Profiles;

namespace Kvasir.KvCache.Compression;

/// <summary>
/// The compression policies, by name. What follows a dash is a form of the method before it: an ablation, or the published form beside ours.
/// </summary>
public static class CompressionPolicies
{
    private static readonly (string Name, string What, Func<HeadProfile, ICompressionPolicy>? Profiled, Func<ICompressionPolicy>? Plain)[] Known =
    [
        ("streamingllm", "first and last rows, read at their places in the cache", null, () => new StreamingLlmPolicy()),
        ("streamingllm-true", "the same at true positions", null, () => new StreamingLlmPolicy(positionsInCache: false)),
        ("keynorm", "rows with the shortest keys, and recent ones", null, () => new KeyNormPolicy()),
        ("h2o", "most accumulated attention, and recent rows", null, () => new H2OPolicy()),
        ("tova", "what the newest token looks at", null, () => new TovaPolicy()),
        ("snapkv", "what the last tokens of the prompt look at", null, () => new SnapKvPolicy()),
        ("pyramidkv", "SnapKV, lower layers get more", null, () => new SnapKvPolicy("pyramidkv", pyramid: true)),
        ("adakv", "SnapKV, heads of a layer compete", null, () => new SnapKvPolicy("adakv", adaptive: true)),
        ("cake", "layers share one budget by spread and change of attention", null, () => new CakePolicy("cake", new CakeOptions())),
        ("cake-mean", "CAKE, rows by mean attention alone", null, () => new CakePolicy("cake-mean", new CakeOptions { Gamma = 0 })),
        ("cake-uniform", "CAKE's rows, equal layers", null, () => new CakePolicy("cake-uniform", new CakeOptions { Budgets = CakeOptions.Split.Uniform })),
        ("cake-pyramid", "CAKE's rows, PyramidKV's layers", null, () => new CakePolicy("cake-pyramid", new CakeOptions { Budgets = CakeOptions.Split.Pyramid })),
        ("compresskv", "semantic retrieval heads vote, layers by measured error", profile => new CompressKvPolicy("compresskv", profile.Voters(), profile.LayerErrors), null),
        ("compresskv-uniform", "the same, equal layers", profile => new CompressKvPolicy("compresskv-uniform", profile.Voters(), null), null),
        ("compresskv-all", "all heads vote, equal layers", profile => new CompressKvPolicy("compresskv-all", profile.Voters(int.MaxValue), null), null),
        ("razor", "retrieval heads keep all, others ends and a mean", profile => new RazorPolicy("razor", profile.RetrievalHeads(), new RazorOptions()), null),
        ("razor-wide", "the same with a fifth more retrieval heads", profile => new RazorPolicy("razor-wide", profile.RetrievalHeads(0.03, 0.2), new RazorOptions()), null),
        ("razor-plain", "RazorAttention without the mean", profile => new RazorPolicy("razor-plain", profile.RetrievalHeads(), new RazorOptions { Compensates = false }), null),
        ("razor-uncounted", "RazorAttention, the mean counts once", profile => new RazorPolicy("razor-uncounted", profile.RetrievalHeads(), new RazorOptions { CountsDropped = false }), null),
        ("lazy", "long silences beside own gaps go, once in a window", null, () => new LazyEvictionPolicy("lazy", new LazyEvictionOptions())),
        ("lazy-no-silence", "LazyEviction without H1", null, () => new LazyEvictionPolicy("lazy-no-silence", new LazyEvictionOptions { UsesSilence = false })),
        ("lazy-no-frequency", "LazyEviction without H2", null, () => new LazyEvictionPolicy("lazy-no-frequency", new LazyEvictionOptions { UsesFrequency = false })),
        ("lazy-timestamp", "the last look alone", null, () => new LazyEvictionPolicy("lazy-timestamp", new LazyEvictionOptions { ByTimestamp = true })),
        ("elastic", "rows merge into the nearest important ones", null, () => new ElasticCachePolicy("elastic", new ElasticOptions())),
        ("elastic-evict", "the same rows, nothing merged", null, () => new ElasticCachePolicy("elastic-evict", new ElasticOptions { Merges = false })),
        ("kvmerger", "runs of parallel keys merge", null, () => new KvMergerPolicy("kvmerger", new KvMergerOptions())),
        ("kvmerger-mass", "the same, ln n added to the score", null, () => new KvMergerPolicy("kvmerger-mass", new KvMergerOptions { KeepsMass = true })),
        ("kvmerger-mean", "equal weights", null, () => new KvMergerPolicy("kvmerger-mean", new KvMergerOptions { Sigma = KvMergerOptions.Width.Infinite })),
        ("kvmerger-first", "the first row of a run for its pivot", null, () => new KvMergerPolicy("kvmerger-first", new KvMergerOptions { PivotByAttention = false })),
        ("kivi4", "all rows, in 4 bits behind a window: keys by channel, values by row", null, () => new KiviPolicy(4)),
        ("kivi2", "the same in 2 bits", null, () => new KiviPolicy(2)),
        ("cam", "H2O, evicted values go on in their neighbours", null, () => new CamPolicy()),
    ];

    /// <summary>All names, for help and messages.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(policy => policy.Name)];

    /// <summary>What a policy keeps, in a few words.</summary>
    public static string Describe(string name) => Find(name).What;

    /// <summary>True when a policy stands on a head profile of the model.</summary>
    public static bool NeedsProfile(string name) => Find(name).Profiled is not null;

    /// <summary>True when a policy keeps as much as it is told; false when its size is what it is.</summary>
    public static bool TakesBudget(string name) => Find(name).Plain?.Invoke().Packing is null;

    /// <summary>A policy.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="profile">The model's head profile, where there is one.</param>
    /// <exception cref="ArgumentException">The name is unknown, or a head profile is missing.</exception>
    public static ICompressionPolicy Create(string name, HeadProfile? profile = null)
    {
        var policy = Find(name);
        if (policy.Plain is { } plain)
            return plain();
        return profile is not null
            ? policy.Profiled!(profile)
            : throw new ArgumentException($"KV policy '{name}' needs a head profile of the model; make one with 'kvasir kv profile-heads --model M' and name it with --head-profile", nameof(name));
    }

    private static (string Name, string What, Func<HeadProfile, ICompressionPolicy>? Profiled, Func<ICompressionPolicy>? Plain) Find(string name)
    {
        foreach (var policy in Known)
        {
            if (policy.Name == name)
                return policy;
        }

        throw new ArgumentException($"KV policy '{name}' is unknown; known: {string.Join(", ", Names)}", nameof(name));
    }
}

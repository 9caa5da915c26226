using Kvasir.KvCache.Compression.Profiles;

namespace Kvasir.KvCache.Compression;

/// <summary>
/// The compression policies, by name. What follows a dash is a form of the method before it: an ablation, or the published form beside ours. What
/// follows a plus is the form that kept rows take: <c>snapkv+kivi2</c> (<see cref="PackedSelectionPolicy"/>).
/// </summary>
public static class CompressionPolicies
{
    private static readonly (string Name, string What, ProfileKind Profile, Func<ModelProfiles, ICompressionPolicy> Make)[] Known =
    [
        ("streamingllm", "first and last rows, read at their places in the cache", ProfileKind.None, _ => new StreamingLlmPolicy()),
        ("streamingllm-true", "the same at true positions", ProfileKind.None, _ => new StreamingLlmPolicy(positionsInCache: false)),
        ("keynorm", "rows with the shortest keys, and recent ones", ProfileKind.None, _ => new KeyNormPolicy()),
        ("h2o", "most accumulated attention, and recent rows", ProfileKind.None, _ => new H2OPolicy()),
        ("tova", "what the newest token looks at", ProfileKind.None, _ => new TovaPolicy()),
        ("snapkv", "what the last tokens of the prompt look at", ProfileKind.None, _ => new SnapKvPolicy()),
        ("pyramidkv", "SnapKV, lower layers get more", ProfileKind.None, _ => new SnapKvPolicy("pyramidkv", pyramid: true)),
        ("adakv", "SnapKV, heads of a layer compete", ProfileKind.None, _ => new SnapKvPolicy("adakv", adaptive: true)),
        ("cake", "layers share one budget by spread and change of attention", ProfileKind.None, _ => new CakePolicy("cake", new CakeOptions())),
        ("cake-mean", "CAKE, rows by mean attention alone", ProfileKind.None, _ => new CakePolicy("cake-mean", new CakeOptions { Gamma = 0 })),
        ("cake-uniform", "CAKE's rows, equal layers", ProfileKind.None, _ => new CakePolicy("cake-uniform", new CakeOptions { Budgets = CakeOptions.Split.Uniform })),
        ("cake-pyramid", "CAKE's rows, PyramidKV's layers", ProfileKind.None, _ => new CakePolicy("cake-pyramid", new CakeOptions { Budgets = CakeOptions.Split.Pyramid })),
        ("compresskv", "semantic retrieval heads vote, layers by measured error", ProfileKind.Heads, profiles => new CompressKvPolicy("compresskv", profiles.Heads!.Voters(), profiles.Heads!.LayerErrors)),
        ("compresskv-uniform", "the same, equal layers", ProfileKind.Heads, profiles => new CompressKvPolicy("compresskv-uniform", profiles.Heads!.Voters(), null)),
        ("compresskv-all", "all heads vote, equal layers", ProfileKind.Heads, profiles => new CompressKvPolicy("compresskv-all", profiles.Heads!.Voters(int.MaxValue), null)),
        ("razor", "retrieval heads keep all, others ends and a mean", ProfileKind.Heads, profiles => new RazorPolicy("razor", profiles.Heads!.RetrievalHeads(), new RazorOptions())),
        ("razor-wide", "the same with a fifth more retrieval heads", ProfileKind.Heads, profiles => new RazorPolicy("razor-wide", profiles.Heads!.RetrievalHeads(0.03, 0.2), new RazorOptions())),
        ("razor-plain", "RazorAttention without the mean", ProfileKind.Heads, profiles => new RazorPolicy("razor-plain", profiles.Heads!.RetrievalHeads(), new RazorOptions { Compensates = false })),
        ("razor-uncounted", "RazorAttention, the mean counts once", ProfileKind.Heads, profiles => new RazorPolicy("razor-uncounted", profiles.Heads!.RetrievalHeads(), new RazorOptions { CountsDropped = false })),
        ("razor-alibi", "ALiBi models: each head its last rows, as far as its slope lets it see", ProfileKind.Scopes, profiles => new RazorAlibiPolicy("razor-alibi", profiles.Scopes!.Windows())),
        ("razor-alibi-bound", "the same by a strict bound", ProfileKind.Scopes, profiles => new RazorAlibiPolicy("razor-alibi-bound", profiles.Scopes!.Windows(bounded: true))),
        ("lazy", "long silences beside own gaps go, once in a window", ProfileKind.None, _ => new LazyEvictionPolicy("lazy", new LazyEvictionOptions())),
        ("lazy-no-silence", "LazyEviction without H1", ProfileKind.None, _ => new LazyEvictionPolicy("lazy-no-silence", new LazyEvictionOptions { UsesSilence = false })),
        ("lazy-no-frequency", "LazyEviction without H2", ProfileKind.None, _ => new LazyEvictionPolicy("lazy-no-frequency", new LazyEvictionOptions { UsesFrequency = false })),
        ("lazy-timestamp", "the last look alone", ProfileKind.None, _ => new LazyEvictionPolicy("lazy-timestamp", new LazyEvictionOptions { ByTimestamp = true })),
        ("elastic", "rows merge into the nearest important ones", ProfileKind.None, _ => new ElasticCachePolicy("elastic", new ElasticOptions())),
        ("elastic-evict", "the same rows, nothing merged", ProfileKind.None, _ => new ElasticCachePolicy("elastic-evict", new ElasticOptions { Merges = false })),
        ("kvmerger", "runs of parallel keys merge", ProfileKind.None, _ => new KvMergerPolicy("kvmerger", new KvMergerOptions())),
        ("kvmerger-sums", "the same, by the attention of the whole prompt", ProfileKind.None, _ => new KvMergerPolicy("kvmerger-sums", new KvMergerOptions { WindowRows = 0 })),
        ("kvmerger-mass", "the same, ln n added to the score", ProfileKind.None, _ => new KvMergerPolicy("kvmerger-mass", new KvMergerOptions { KeepsMass = true })),
        ("kvmerger-mean", "equal weights", ProfileKind.None, _ => new KvMergerPolicy("kvmerger-mean", new KvMergerOptions { Sigma = KvMergerOptions.Width.Infinite })),
        ("kvmerger-first", "the first row of a run for its pivot", ProfileKind.None, _ => new KvMergerPolicy("kvmerger-first", new KvMergerOptions { PivotByAttention = false })),
        ("kivi4", "all rows, in 4 bits behind a window: keys by channel, values by row", ProfileKind.None, _ => new KiviPolicy(4)),
        ("kivi2", "the same in 2 bits", ProfileKind.None, _ => new KiviPolicy(2)),
        ("palu", "all rows, behind a window as projections on the model's own directions", ProfileKind.Ranks, profiles => new PaluPolicy(profiles.Ranks!)),
        ("palu8", "the same, projections in 8 bits", ProfileKind.Ranks, profiles => new PaluPolicy(profiles.Ranks!, 8)),
        ("palu4", "the same in 4 bits", ProfileKind.Ranks, profiles => new PaluPolicy(profiles.Ranks!, 4)),
        ("cam", "H2O, evicted values go on in their neighbours", ProfileKind.None, _ => new CamPolicy()),
    ];

    private static readonly string[] Packs = ["kivi4", "kivi2", "palu", "palu8", "palu4"];

    /// <summary>All names, for help and messages.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(policy => policy.Name)];

    /// <summary>Forms that may follow a name and a plus.</summary>
    public static IReadOnlyList<string> Forms { get; } = ["kivi4", "kivi2"];

    /// <summary>What a policy keeps, in a few words.</summary>
    public static string Describe(string name) => Find(name).What;

    /// <summary>What a policy must know of the model.</summary>
    public static ProfileKind ProfileOf(string name) => Find(name).Profile;

    /// <summary>True when a policy keeps all rows in a smaller form.</summary>
    public static bool KeepsAllRows(string name) => FormOf(name) is null && Packs.Contains(Find(name).Name);

    /// <summary>True when a policy keeps as much as it is told; false when its size is what it is.</summary>
    public static bool TakesBudget(string name) => ProfileOf(name) is var profile && (profile == ProfileKind.Ranks || (profile != ProfileKind.Scopes && !KeepsAllRows(name)));

    /// <summary>A policy.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="profiles">What was measured of the model.</param>
    /// <exception cref="ArgumentException">There is no such policy, or a profile is missing.</exception>
    public static ICompressionPolicy Create(string name, ModelProfiles? profiles = null)
    {
        if (WhyNot(name) is { } reason)
            throw new ArgumentException(reason, nameof(name));
        var policy = Find(name);
        profiles ??= ModelProfiles.None;
        if (profiles.Has(policy.Profile))
            return FormOf(name) is { } form ? new PackedSelectionPolicy(policy.Make(profiles), form[^1] - '0') : policy.Make(profiles);
        throw new ArgumentException(
            policy.Profile switch
            {
                ProfileKind.Heads => $"KV policy '{name}' needs a head profile of the model; make one with 'kvasir kv profile-heads --model M'",
                ProfileKind.Ranks => $"KV policy '{name}' needs a rank profile of the model; make one with 'kvasir kv profile-ranks --model M'",
                _ => $"KV policy '{name}' goes by the slopes of ALiBi, which the model has not; use razor",
            },
            nameof(name));
    }

    /// <summary>Why there is no policy of a name, or null when there is; whether a model has the profile that it stands on is another question.</summary>
    public static string? WhyNot(string name)
    {
        var policy = name.Split('+', 2)[0];
        if (!Names.Contains(policy))
            return $"KV policy '{policy}' is unknown; known: {string.Join(", ", Names)}";
        if (FormOf(name) is not { } form)
            return null;
        var sentence = $"KV policy '{name}': ";
        if (!Forms.Contains(form))
            return $"{sentence}kept rows are packed as {string.Join(" or ", Forms)}, not as '{form}'{(Packs.Contains(form) ? ", whose rows must follow one another" : "")}";
        if (Packs.Contains(policy))
            return $"{sentence}{policy} packs rows itself; write {policy} or {form} alone";
        if (policy.StartsWith("lazy", StringComparison.Ordinal))
            return $"{sentence}{policy} drops rows of the answer only, and packed rows stay; write {form} alone";
        return policy == "streamingllm" ? $"{sentence}its first rows are read at other positions than their own, and packed rows are not; write {StreamingLlmPolicy.TruePositionsName}+{form}" : null;
    }

    private static string? FormOf(string name) => name.IndexOf('+', StringComparison.Ordinal) is var plus and >= 0 ? name[(plus + 1)..] : null;

    /// <summary>The entry of a name, without the form that may follow it.</summary>
    private static (string Name, string What, ProfileKind Profile, Func<ModelProfiles, ICompressionPolicy> Make) Find(string name) =>
        Array.Find(Known, policy => policy.Name == name.Split('+', 2)[0]) is { Name: not null } found ? found : throw new ArgumentException(WhyNot(name), nameof(name));
}

using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Rag.Policies;

/// <summary>What is compared. A policy is one line of <see cref="Swept"/>.</summary>
internal static class PolicyRows
{
    /// <summary>Name of full recomputation.</summary>
    public const string Full = "full";

    /// <summary>Name of prefix caching alone.</summary>
    public const string PrefixOnly = "prefix-only";

    /// <summary>The ratio that most is said of.</summary>
    public const double Usual = 0.15;

    /// <summary>The ratio that most is said of where chunks were computed behind others.</summary>
    public const double InContext = 0.3;

    /// <summary>Policies with a ratio, each with where its chunks were computed: alone, or as Cache-Craft needs them, in an earlier prompt.</summary>
    public static IReadOnlyList<(string Name, ReadOnlyMemory<byte> Salt, Func<double, IBlendPolicy> Create)> Swept { get; } =
    [
        ("cacheblend", RagScope.Alone, ratio => new CacheBlendPolicy(ratio)),
        ("cacheblend-keys", RagScope.Alone, ratio => new CacheBlendPolicy(ratio, DeviationKind.KeySquared)),
        ("cacheblend-gradual", RagScope.Alone, ratio => new CacheBlendPolicy(ratio, gradual: true)),
        ("cacheblend-pooled", RagScope.Alone, ratio => new CacheBlendPolicy(ratio, pool: CacheBlendPolicy.UsualPool)),
        ("kvshare", RagScope.Alone, ratio => new KvSharePolicy(ratio)),
        ("kvshare-prefill", RagScope.Alone, ratio => new KvSharePolicy(ratio, answerRepairs: 0)),
        ("kvshare-delta", RagScope.Alone, ratio => new KvSharePolicy(ratio, answerRepairs: 0, score: KvShareScore.Deviation)),
        ("kvshare-alpha", RagScope.Alone, ratio => new KvSharePolicy(ratio, answerRepairs: 0, score: KvShareScore.MeanMass)),
        ("cachecraft", RagScope.Context, ratio => new CacheCraftPolicy(1) { Ratio = ratio, EndsEarly = false }),
        ("question-first", RagScope.Alone, ratio => new QuestionFirstPolicy(ratio)),
        ("random", RagScope.Alone, ratio => new RandomRowsPolicy(ratio)),
        ("first", RagScope.Alone, ratio => new FirstRowsPolicy(ratio)),
        ("random-in-context", RagScope.Context, ratio => new RandomRowsPolicy(ratio)),
        ("first-in-context", RagScope.Context, ratio => new FirstRowsPolicy(ratio)),
    ];

    // What the quick run leaves out: variants that only the full one tells apart.
    private static readonly string[] Slow = ["cacheblend-keys", "cacheblend-gradual", "kvshare", "kvshare-alpha", "first-in-context"];

    // The published ones and the baselines, where each is held against the others.
    private static readonly string[] Main =
        ["cacheblend", "cacheblend-pooled", "question-first", "kvshare", "cachecraft", "random", "first", "random-in-context", "first-in-context"];

    /// <summary>All lines: the baselines, then every policy at every ratio.</summary>
    public static IReadOnlyList<PolicyRow> All(bool quick)
    {
        double[] ratios = [0.05, 0.1, Usual, 0.2, InContext, 0.5];
        return
        [
            new(PrefixOnly, 1, null, RagScope.Alone),
            new("naive", 0, new NaivePolicy(), RagScope.Alone),
            new("naive-unrotated", 0, new NaivePolicy(correctPositions: false), RagScope.Alone),
            new("naive-in-context", 0, new NaivePolicy(), RagScope.Context),
            .. Rows(name => !quick || !Slow.Contains(name), salt => !quick ? ratios : salt.Equals(RagScope.Context) ? [InContext] : [Usual]),
        ];
    }

    /// <summary>The main ones at 15 and 30 %, and naive reuse.</summary>
    public static IReadOnlyList<PolicyRow> Few() =>
    [
        new("naive", 0, new NaivePolicy(), RagScope.Alone),
        new("naive-in-context", 0, new NaivePolicy(), RagScope.Context),
        .. Rows(name => Main.Contains(name), _ => [Usual, InContext]),
    ];

    /// <summary>Name of naive reuse of the chunks that a policy reuses.</summary>
    public static string NaiveOf(string policy) =>
        Swept.First(swept => swept.Name == policy).Salt.Equals(RagScope.Context) ? "naive-in-context" : "naive";

    private static IEnumerable<PolicyRow> Rows(Predicate<string> wanted, Func<ReadOnlyMemory<byte>, double[]> ratios) =>
        from policy in Swept
        where wanted(policy.Name)
        from ratio in ratios(policy.Salt)
        select new PolicyRow(policy.Name, ratio, policy.Create(ratio), policy.Salt);
}

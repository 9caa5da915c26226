using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Reading;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Sessions;

/// <summary>All ways of keeping keys and values. A new one is a line here; compression and reading policies come by themselves.</summary>
internal static class KvMethods
{
    /// <summary>The whole cache in 16 bits: what all others are held against.</summary>
    public const string Full = "full";

    /// <summary>The same without any reuse.</summary>
    public const string Fresh = "fresh";

    private static readonly KvMethodKind[] Known =
    [
        new(Full, KvDataType.F16, false, (session, _) => new PrefixSessionRunner(session, reuses: true)),
        new(Fresh, KvDataType.F16, false, (session, _) => new PrefixSessionRunner(session, reuses: false)),
        new("bf16", KvDataType.BF16, false, (session, _) => new PrefixSessionRunner(session, reuses: true)),
        new("q8_0", KvDataType.Q8_0, false, (session, _) => new PrefixSessionRunner(session, reuses: true)),
        new("q4_0", KvDataType.Q4_0, false, (session, _) => new PrefixSessionRunner(session, reuses: true)),
        new("f32", KvDataType.F32, false, (session, _) => new PrefixSessionRunner(session, reuses: true)),
        .. CompressionPolicies.Names.Select(name => new KvMethodKind(name, KvDataType.F16, CompressionPolicies.TakesBudget(name), (session, share) => new CompressedSessionRunner(session, name, share))),
        .. ReadingPolicies.Names.Select(name => new KvMethodKind(name, KvDataType.F16, true, (session, share) => new SparseSessionRunner(session, name, share))),
    ];

    /// <summary>The whole cache in 16 bits as a method.</summary>
    public static KvMethod Whole { get; } = new(Known[0], 1);

    /// <summary>One of each stage and kind, for a run that names none.</summary>
    public static IReadOnlyList<string> Usual { get; } = [Full, Fresh, "q8_0", "streamingllm", "snapkv", "cake"];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(kind => kind.Name)];

    /// <summary>The named ones, at every budget where they take one.</summary>
    /// <param name="names">Names; <c>snapkv+q8_0</c> is a policy over rows of another type, <c>snapkv+kivi2</c> one whose rows are packed, at the bytes of its budget.</param>
    /// <param name="budgets">Shares of the bytes of the whole cache, above 0, at most 1.</param>
    /// <param name="config">The model, whose shape says what a way of fixed size takes.</param>
    /// <exception cref="ArgumentException">A name is unknown, or a budget out of its range.</exception>
    public static IReadOnlyList<KvMethod> Of(IReadOnlyList<string> names, IReadOnlyList<double> budgets, ModelConfig config)
    {
        foreach (var budget in budgets.Where(budget => budget is not (> 0 and <= 1)))
            throw new ArgumentException(FormattableString.Invariant($"budget {budget} is not a share; allowed: above 0, at most 1"), nameof(budgets));
        var methods = new List<KvMethod>();
        foreach (var name in names.Distinct())
        {
            var kind = Find(name) ?? throw new ArgumentException(WhyNot(name), nameof(names));
            if (kind.TakesBudget)
                methods.AddRange(budgets.Select(budget => new KvMethod(kind, budget)));
            else
                methods.Add(new KvMethod(kind, Share(kind, config)));
        }

        return methods;
    }

    /// <summary>Why there is no way of a name; null when there is.</summary>
    public static string? WhyNot(string name) => Find(name) is null
        ? $"policy '{name}' is unknown; known: {string.Join(", ", Names)}, policy+type such as snapkv+q8_0, and policy+kivi4"
        : null;

    private static KvMethodKind? Find(string name)
    {
        if (Known.FirstOrDefault(kind => kind.Name == name) is { } known)
            return known;
        if (CompressionPolicies.WhyNot(name) is null)
            return new KvMethodKind(name, KvDataType.F16, CompressionPolicies.TakesBudget(name), (session, share) => new CompressedSessionRunner(session, name, share));
        var (policy, type) = (name.Split('+')[0], name.Split('+')[^1]);
        var pool = Known.FirstOrDefault(kind => kind.Name == type && kind.Type != KvDataType.F16);
        if (pool is null || name != $"{policy}+{type}" || !CompressionPolicies.Names.Contains(policy) || CompressionPolicies.KeepsAllRows(policy))
            return null;
        return new KvMethodKind(name, pool.Type, true, (session, share) =>
            new CompressedSessionRunner(session, policy, Math.Min(1, share * (session.Layout with { Type = KvDataType.F16 }).BytesPerToken / session.Layout.BytesPerToken)));
    }

    /// <summary>What a way of fixed size takes; of one that packs old rows what these take.</summary>
    private static double Share(KvMethodKind kind, ModelConfig config)
    {
        if (CompressionPolicies.WhyNot(kind.Name) is not null || !CompressionPolicies.KeepsAllRows(kind.Name) || CompressionPolicies.Create(kind.Name).Packing is not { } packing)
            return Size(config, kind.Type) / Size(config, KvDataType.F16);
        return (double)new PackedForm(packing.Bits, config.HeadDim).GroupBytes / (2 * PackedForm.GroupRows * config.HeadDim * sizeof(ushort));
    }

    private static double Size(ModelConfig config, KvDataType type) => new KvLayout(config.Layers, config.KvHeads, config.HeadDim, type).BytesPerToken;
}

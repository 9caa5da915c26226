using Kvasir.Engine.Sequences;
using Kvasir.KvCache.Compression;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Fuzzing;

/// <summary>Ways of keeping and reading less that meet in one request.</summary>
internal static class KvPairs
{
    private static readonly (string Name, Func<Sequence, KvLayout, bool, bool> Holds)[] Known =
    [
        ("fewer rows, quantised", (sequence, layout, _) => sequence.CompressionReport is not null && layout.IsQuantized),
        ("merged rows, quantised", (sequence, layout, _) => sequence is { CompressionReport: not null, Request.Compression.Policy.Name: var name } && layout.IsQuantized && Merges(name)),
        ("heads with rows of their own, blocks", (sequence, _, _) => sequence is { CompressionReport: not null, Request.Compression.Policy.PerHead: true }),
        ("fewer rows, found prefix", (sequence, _, _) => sequence is { CompressionReport: not null, ReusedTokens: > 0 }),
        ("packed rows, found prefix", (sequence, _, _) => sequence is { CompressionReport: not null, Request.Compression.Policy.Packing: not null, ReusedTokens: > 0 }),
        ("fewer rows, packed", (sequence, _, _) => sequence is { CompressionReport: not null, Request.Compression.Policy: PackedSelectionPolicy }),
        ("merged rows, packed", (sequence, _, _) => sequence is { CompressionReport: not null, Request.Compression.Policy: PackedSelectionPolicy { Name: var name } } && Merges(name)),
        ("quantised, found prefix", (sequence, layout, _) => sequence.ReusedTokens > 0 && layout.IsQuantized),
        ("pages read, quantised", (sequence, layout, _) => sequence is { ReadingReport: not null, Request.Reading.Policy.Name: "quest" } && layout.IsQuantized),
        ("pages read, found prefix", (sequence, _, _) => sequence is { ReadingReport: not null, Request.Reading.Policy.Name: "quest", ReusedTokens: > 0 }),
        ("blocks of memory read, found prefix", (sequence, _, _) => sequence is { ReadingReport: not null, Request.Reading.Policy.Name: "infllm", ReusedTokens: > 0 }),
        ("pages read, tier", (sequence, _, loaded) => loaded && sequence is { ReadingReport: not null, Request.Reading.Policy.Name: "quest" }),
        ("fewer rows, tier", (sequence, _, loaded) => loaded && sequence.CompressionReport is not null),
    ];

    /// <summary>Counts the pairs of a sequence that has ended.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="layout">How its rows are stored.</param>
    /// <param name="loaded">True when rows of it came from a tier.</param>
    /// <param name="counts">Sequences by pair.</param>
    public static void Count(Sequence sequence, KvLayout layout, bool loaded, IDictionary<string, long> counts)
    {
        foreach (var (name, holds) in Known)
        {
            counts.TryGetValue(name, out var count);
            counts[name] = count + (holds(sequence, layout, loaded) ? 1 : 0);
        }
    }

    private static bool Merges(string policy) => policy.StartsWith("kvmerger", StringComparison.Ordinal) || policy.Split('+')[0] is "cam" or "elastic" or "razor";
}

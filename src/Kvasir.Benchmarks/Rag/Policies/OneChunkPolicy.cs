using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Rag.Policies;

/// <summary>Reuses one chunk of a prompt naively, computes all others, and takes down Cache-Craft's overhead (CFO) of the reuse.</summary>
/// <param name="tokens">The chunk's tokens.</param>
internal sealed class OneChunkPolicy(ReadOnlyMemory<int> tokens) : IBlendPolicy
{
    /// <summary>CFO with α = 1; NaN while the chunk was not reused.</summary>
    public double Overhead { get; private set; } = double.NaN;

    public string Name => "one chunk, naive";

    public BlendSignals Signals => BlendSignals.None;

    public int Choose(in VariantChoice choice) =>
        choice.Variants[^1].Tokens.Span.SequenceEqual(tokens.Span) ? choice.Variants.Count - 1 : -1;

    public int MostRepairs(int rows) => 0;

    public void Select(in BlendSnapshot snapshot, List<int> repaired)
    {
        var span = snapshot.Spans[0];
        Overhead = ContextFit.FixOverhead(1, span.Context, span.Length, span.Before);
    }
}

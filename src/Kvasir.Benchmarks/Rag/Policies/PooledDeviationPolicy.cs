using Kvasir.KvCache.Blending;

namespace Kvasir.Benchmarks.Rag.Policies;

/// <summary>
/// CacheBlend's rule on the mean deviation of a row and its neighbours (ours, for comparison). In a small model the rows that deviate most at
/// the check layer are the ends of sentences, and the rows between them, which hold what is asked for, come too late; what depends on another
/// chunk comes in stretches, so whole stretches are repaired.
/// </summary>
/// <param name="ratio">Share of the reused rows, 0 to 1.</param>
/// <param name="reach">Neighbours on each side, within the chunk.</param>
internal sealed class PooledDeviationPolicy(double ratio, int reach = 6) : IBlendPolicy
{
    public string Name => FormattableString.Invariant($"pooled deviation r={ratio}, {reach} neighbours");

    public BlendSignals Signals => BlendSignals.Deviation;

    public int MostRepairs(int rows) => RowRanking.Floor(ratio, rows);

    public void Select(in BlendSnapshot snapshot, List<int> repaired)
    {
        var scores = new float[snapshot.Rows];
        foreach (var span in snapshot.Spans)
        {
            var deviation = snapshot.Deviation.Slice(span.FirstIndex, span.Length);
            for (var i = 0; i < span.Length; i++)
            {
                var first = Math.Max(0, i - reach);
                var near = deviation[first..Math.Min(span.Length, i + reach + 1)];
                var sum = 0f;
                foreach (var value in near)
                    sum += value;
                scores[span.FirstIndex + i] = sum / near.Length;
            }
        }

        RowRanking.AddLargest(scores, MostRepairs(snapshot.Rows), 0, repaired);
    }
}

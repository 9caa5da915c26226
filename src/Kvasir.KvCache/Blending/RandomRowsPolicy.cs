using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Blending;

/// <summary>Baseline: rows drawn from the snapshot's seed. Those of a smaller share are among those of a larger one.</summary>
/// <param name="ratio">Share of the reused rows, 0 to 1.</param>
public sealed class RandomRowsPolicy(double ratio) : IBlendPolicy
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private readonly double _ratio = PolicyArguments.Ratio(ratio);

    /// <inheritdoc/>
    public string Name => FormattableString.Invariant($"random r={_ratio}");

    /// <inheritdoc/>
    public BlendSignals Signals => BlendSignals.None;

    /// <inheritdoc/>
    public int MostRepairs(int rows) => RowRanking.Floor(_ratio, rows);

    /// <inheritdoc/>
    public void Select(in BlendSnapshot snapshot, List<int> repaired)
    {
        var scores = new float[snapshot.Rows];
        for (var i = 0; i < scores.Length; i++)
            scores[i] = BlockKey.Mix64(snapshot.Seed + (Golden * ((ulong)i + 1))) >> 40; // 24 bits are exact
        RowRanking.AddLargest(scores, MostRepairs(snapshot.Rows), 0, repaired);
    }
}

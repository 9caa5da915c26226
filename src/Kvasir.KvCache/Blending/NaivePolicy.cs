namespace Kvasir.KvCache.Blending;

/// <summary>Baseline: reused rows are read as they are, and none is repaired (full reuse, PromptCache style).</summary>
/// <param name="correctPositions">False to leave the keys at the positions that they were computed at, too.</param>
public sealed class NaivePolicy(bool correctPositions = true) : IBlendPolicy
{
    /// <inheritdoc/>
    public string Name => correctPositions ? "naive" : "naive-unrotated";

    /// <inheritdoc/>
    public BlendSignals Signals => BlendSignals.None;

    /// <inheritdoc/>
    public bool CorrectsPositions => correctPositions;

    /// <inheritdoc/>
    public int MostRepairs(int rows) => 0;

    /// <inheritdoc/>
    public void Select(in BlendSnapshot snapshot, List<int> repaired)
    {
    }
}

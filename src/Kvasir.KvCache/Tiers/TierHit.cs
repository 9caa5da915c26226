using Kvasir.KvCache.Tiers.Moves;

namespace Kvasir.KvCache.Tiers;

/// <summary>Chunks that tiers hold and that follow what a sequence has already, pinned. Dispose it, or make a load of it.</summary>
internal sealed class TierHit(List<LoadPart> parts, int start, int end, double seconds) : IDisposable
{
    /// <summary>The chunks, in order.</summary>
    public IReadOnlyList<LoadPart> Parts => parts;

    /// <summary>First position that comes from them; at a block's border.</summary>
    public int Start => start;

    /// <summary>First position behind them.</summary>
    public int End => end;

    /// <summary>How long loading is expected to take.</summary>
    public double Seconds => seconds;

    public void Dispose()
    {
        foreach (var part in parts)
            part.Pin.Dispose();
        parts.Clear();
    }
}

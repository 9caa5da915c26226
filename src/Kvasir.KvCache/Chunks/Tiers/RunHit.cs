using Kvasir.KvCache.Tiers.Moves;

namespace Kvasir.KvCache.Chunks.Tiers;

/// <summary>A chunk that a tier has, pinned piece by piece. Dispose it, or hand its parts to a load.</summary>
/// <param name="Parts">Its pieces, in order.</param>
/// <param name="BasePosition">Position that its first row was computed at.</param>
/// <param name="Context">What stood before it, when that is known.</param>
/// <param name="Seconds">How long loading it is expected to take.</param>
internal sealed record RunHit(IReadOnlyList<LoadPart> Parts, int BasePosition, ChunkContext? Context, double Seconds) : IDisposable
{
    /// <summary>Blocks that receive its rows.</summary>
    public int Blocks => Parts.Sum(part => part.Destinations.Length);

    public void Dispose()
    {
        foreach (var part in Parts)
            part.Pin.Dispose();
    }
}

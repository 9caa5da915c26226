namespace Kvasir.KvCache.Tiers.Links;

/// <summary>A medium's speed: what a copy of some bytes takes on it.</summary>
/// <param name="BytesPerSecond">Bandwidth.</param>
/// <param name="SecondsPerCopy">Fixed cost of each copy.</param>
public readonly record struct LinkModel(double BytesPerSecond, double SecondsPerCopy = 0)
{
    /// <summary>Seconds that a copy takes.</summary>
    public double Seconds(long bytes) => SecondsPerCopy + (bytes / BytesPerSecond);
}

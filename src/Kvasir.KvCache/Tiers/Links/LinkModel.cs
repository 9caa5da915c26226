namespace Kvasir.KvCache.Tiers.Links;

/// <summary>A medium's speed: what a copy of some bytes takes on it.</summary>
/// <param name="BytesPerSecond">Bandwidth.</param>
/// <param name="SecondsPerCopy">Fixed cost of each copy.</param>
/// <param name="QueueSeconds">
/// How long it goes on by itself between two copies, as a device with a queue of requests does while who asks next waits for a processor.
/// </param>
public readonly record struct LinkModel(double BytesPerSecond, double SecondsPerCopy = 0, double QueueSeconds = 0)
{
    /// <summary>Seconds that a copy takes.</summary>
    public double Seconds(long bytes) => SecondsPerCopy + (bytes / BytesPerSecond);

    /// <summary>When a copy ends, seconds on any clock.</summary>
    /// <param name="bytes">Bytes of the copy.</param>
    /// <param name="now">When it is asked for.</param>
    /// <param name="freeFrom">When the copy before it ends or has ended.</param>
    public double EndsAt(long bytes, double now, double freeFrom) => (freeFrom + QueueSeconds >= now ? freeFrom : now) + Seconds(bytes);
}

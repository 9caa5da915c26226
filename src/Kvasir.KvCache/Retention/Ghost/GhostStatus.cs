namespace Kvasir.KvCache.Retention.Ghost;

/// <summary>How a ghost index stands.</summary>
/// <param name="Accesses">Objects asked for since the start.</param>
/// <param name="Bytes">Bytes asked for since the start.</param>
/// <param name="TrackedObjects">Objects that it knows now, at most <see cref="GhostIndexOptions.MaxObjects"/>.</param>
/// <param name="SamplingRate">Share of all keys that are in the sample now.</param>
public sealed record GhostStatus(long Accesses, long Bytes, int TrackedObjects, double SamplingRate);

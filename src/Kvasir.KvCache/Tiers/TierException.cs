namespace Kvasir.KvCache.Tiers;

/// <summary>A read from a tier failed. It is always a miss, never an answer.</summary>
public sealed class TierException(TierFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of failure.</summary>
    public TierFault Fault { get; } = fault;
}

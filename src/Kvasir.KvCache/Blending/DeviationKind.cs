namespace Kvasir.KvCache.Blending;

/// <summary>Distance between a reused row and the true one, over all KV heads and dimensions, in binary32.</summary>
public enum DeviationKind
{
    /// <summary>Sum of squares over values (CacheBlend's prototype).</summary>
    ValueSquared,

    /// <summary>Sum of squares over rotated keys (LMCache).</summary>
    KeySquared,

    /// <summary>Sum of absolute differences over values (KVShare).</summary>
    ValueAbsolute,
}

using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Retention.Ghost;

/// <summary>An object that is asked for.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Bytes">Room that it takes, or would take, in a tier.</param>
public readonly record struct GhostAccess(BlockKey Key, long Bytes);

using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tiers;

/// <summary>An object as a listing shows it.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Tenant">Whose quota it counts against.</param>
/// <param name="FirstToken">Position of its first row.</param>
/// <param name="Tokens">Rows.</param>
/// <param name="Bytes">Room that it takes.</param>
/// <param name="Created">When it was stored.</param>
/// <param name="LastUse">When it was last found.</param>
/// <param name="Uses">Times that it was found.</param>
/// <param name="Pinned">True while it may not be evicted.</param>
public sealed record TierEntry(
    BlockKey Key, string Tenant, int FirstToken, int Tokens, long Bytes, DateTimeOffset Created, DateTimeOffset LastUse, long Uses, bool Pinned);

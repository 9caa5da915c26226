using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.Cli.Caches;

/// <summary>One store of a cache: the KV of one model with one layout.</summary>
/// <param name="Name">Name of its folder.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Identity">Whose KV it holds.</param>
internal sealed record CacheStore(string Name, string Folder, StoreIdentity Identity);

using Kvasir.KvCache.Identity;

namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>An object of the model.</summary>
internal sealed class ModelObject(BlockKey key, string tenant, long bytes, DateTimeOffset created)
{
    public BlockKey Key { get; } = key;

    public string Tenant { get; } = tenant;

    public long Bytes { get; } = bytes;

    public DateTimeOffset Created { get; } = created;

    public DateTimeOffset LastUse { get; set; } = created;

    public bool Kept { get; set; }

    public List<ModelPin> Pins { get; } = [];
}

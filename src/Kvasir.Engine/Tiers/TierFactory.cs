using Kvasir.Engine.Loading;
using Kvasir.KvCache.Retention.Objects;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Books;
using Kvasir.KvCache.Tiers.Disk;
using Kvasir.KvCache.Tiers.Host;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tiers;

/// <summary>Makes an engine's tiers from its options.</summary>
internal static class TierFactory
{
    /// <summary>Bytes of a record unless the options say otherwise: large enough that a read's fixed costs vanish.</summary>
    private const long RecordBytes = 64 << 10;

    /// <summary>How a model's chunks are cut.</summary>
    /// <param name="layout">Its KV.</param>
    /// <param name="layersPerRecord">Layers of a record, or null for the best.</param>
    /// <exception cref="ArgumentException">The model has fewer layers.</exception>
    public static ChunkGeometry Geometry(KvLayout layout, int? layersPerRecord = null)
    {
        var layers = layersPerRecord ?? (int)Math.Clamp((RecordBytes + layout.SliceBytes - 1) / layout.SliceBytes, 1, layout.Layers);
        if (layers < 1 || layers > layout.Layers)
            throw new ArgumentException($"LayersPerRecord is {layers}; allowed are 1 to the model's {layout.Layers}");
        return new ChunkGeometry(layout, layers);
    }

    /// <summary>Opens the tiers.</summary>
    /// <exception cref="ArgumentException">An option cannot be used.</exception>
    /// <exception cref="CacheFolderException">The cache's folder cannot be used.</exception>
    public static KvTiers Open(LoadedModel model, TierOptions options, TimeProvider time)
    {
        options.Moves.Validate(model.Layout.BlockRows);
        var geometry = Geometry(model.Layout, options.LayersPerRecord);
        var tiers = new List<IKvTier>();
        try
        {
            if (options.HostBytes > 0)
                tiers.Add(OpenHost(geometry, options, time));
            if (options.Disk is { } disk)
                tiers.Add(OpenDisk(model, geometry, disk, options, time));
            tiers.AddRange(options.Further?.Invoke(geometry) ?? []);
            return new KvTiers(tiers, geometry, options.Moves, time);
        }
        catch
        {
            foreach (var tier in tiers)
                tier.Dispose();
            throw;
        }
    }

    /// <summary>Names a model's store.</summary>
    public static StoreIdentity Identity(LoadedModel model, ChunkGeometry geometry) =>
        new(model.File.Fingerprint.ToString(), model.NumericsProfile, geometry);

    private static HostTier OpenHost(ChunkGeometry geometry, TierOptions options, TimeProvider time)
    {
        var limits = new TierLimits { CapacityBytes = options.HostBytes, EachTenant = options.EachTenant, Tenants = options.Tenants };
        return new HostTier(geometry, limits, CachePolicies.Create(options.HostRetention, options.EachTenant.TimeToLive), time);
    }

    private static DiskTier OpenDisk(LoadedModel model, ChunkGeometry geometry, DiskTierSettings settings, TierOptions options, TimeProvider time)
    {
        var identity = Identity(model, geometry);
        return new DiskTier(
            CacheLocation.Store(settings.Folder, identity) with
            {
                CapacityBytes = settings.CapacityBytes,
                Tenants = options.Tenants,
                OtherTenants = options.EachTenant,
                Durable = settings.Durable,
                Clock = time,
            },
            CachePolicies.Create(settings.Retention, options.EachTenant.TimeToLive));
    }
}

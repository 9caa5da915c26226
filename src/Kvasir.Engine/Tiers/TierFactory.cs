using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Books;
using Kvasir.KvCache.Tiers.Host;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tiers;

/// <summary>Makes an engine's tiers from its options.</summary>
internal static class TierFactory
{
    /// <summary>Bytes of a record unless the options say otherwise: large enough that a read's fixed costs vanish.</summary>
    private const long RecordBytes = 64 << 10;

    public static ChunkGeometry Geometry(KvLayout layout, TierOptions options)
    {
        var layers = options.LayersPerRecord ?? (int)Math.Clamp((RecordBytes + layout.SliceBytes - 1) / layout.SliceBytes, 1, layout.Layers);
        if (layers < 1 || layers > layout.Layers)
            throw new ArgumentException($"LayersPerRecord is {layers}; allowed are 1 to the model's {layout.Layers}");
        return new ChunkGeometry(layout, layers);
    }

    public static KvTiers Open(KvLayout layout, TierOptions options, TimeProvider time)
    {
        options.Moves.Validate(layout.BlockRows);
        var geometry = Geometry(layout, options);
        var tiers = new List<IKvTier>();
        try
        {
            if (options.HostBytes > 0)
            {
                var limits = new TierLimits { CapacityBytes = options.HostBytes, EachTenant = options.EachTenant, Tenants = options.Tenants };
                tiers.Add(new HostTier(geometry, limits, new LruObjects(), time));
            }

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
}

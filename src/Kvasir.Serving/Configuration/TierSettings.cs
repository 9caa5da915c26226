using Kvasir.Engine.Tiers;
using Kvasir.KvCache.Retention.Objects;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.Serving.Configuration;

/// <summary>The settings of an engine's tiers: keys and values outside the pool.</summary>
internal static class TierSettings
{
    /// <summary>The tiers; null when neither a host tier nor a folder is asked for.</summary>
    public static TierOptions? Read(SettingReader settings, TierOptions? fallback)
    {
        var standard = fallback ?? new TierOptions();
        var disk = standard.Disk ?? new DiskTierSettings { Folder = "" };
        var host = settings.Size("host", standard.HostBytes > 0 ? standard.HostBytes : null, "Memory for keys and values beyond the pool's. Default: none.") ?? 0;
        var hostRetention = settings.Choice("hostRetention", standard.HostRetention, CachePolicies.Names, "What leaves this memory first.");
        var folder = settings.Text("folder", standard.Disk?.Folder, "Folder of a cache that outlives the process. Default: none.");
        disk = disk with
        {
            Folder = folder ?? "",
            CapacityBytes = settings.Size("disk", disk.CapacityBytes, "Most bytes in the folder for this model.")!.Value,
            Retention = settings.Choice("diskRetention", disk.Retention, CachePolicies.Names, "What leaves the folder first."),
            Durable = settings.Flag("durable", disk.Durable, "Whether each object waits for the medium; without it a power cut may lose objects, never falsify them."),
        };
        var quota = settings.Size("tenantQuota", standard.EachTenant.QuotaBytes, "Most bytes of one tenant in each tier. Default: no limit of its own.");
        var life = settings.Time("timeToLive", standard.EachTenant.TimeToLive, "How long an object stays. Default: as long as there is room.");
        var moves = standard.Moves with
        {
            ChunkTokens = settings.Number("chunkTokens", standard.Moves.ChunkTokens, 16, "Tokens that are stored, found and loaded at once; a multiple of the block's rows.")!.Value,
            StoreAfterUses = settings.Number("storeAfterUses", standard.Moves.StoreAfterUses, 1, "Prompts are stored at their n-th use; 1 stores everything.")!.Value,
            LoadTimeout = settings.Time("loadTimeout", standard.Moves.LoadTimeout, "A load that takes longer is given up, and the prompt is computed.")!.Value,
            BusyShare = settings.Number("busyPercent", (int)Math.Round(standard.Moves.BusyShare * 100), 1, "Percent of one processor that loading may take while others are computing.")!.Value / 100.0,
        };
        var verify = settings.Number("verifyRows", standard.VerifyRows, 0, "Rows of a load that are computed again and compared before it is used; 0 trusts the tiers.")!.Value;
        var preload = settings.Flag("preload", standard.Preload == PreloadDepth.Always, "Whether a load goes on without the engine until the rest will come in time; otherwise a lone request begins with its first layers, and the next one waits for it.");
        var scrub = settings.Flag("scrub", standard.Scrub, "Whether idle time verifies the other rows of loads.");
        if (host == 0 && folder is null && fallback is null)
            return null;
        return standard with
        {
            HostBytes = host,
            HostRetention = hostRetention,
            Disk = folder is null ? null : disk,
            EachTenant = new TenantLimit(quota, life),
            Moves = moves,
            VerifyRows = verify,
            Preload = preload ? PreloadDepth.Always : PreloadDepth.FirstLayersWhenAlone,
            Scrub = scrub,
        };
    }
}

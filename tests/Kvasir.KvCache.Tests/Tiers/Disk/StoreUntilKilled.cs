using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Disk;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>What the child of the kill test does: stores, removes and writes indexes for ever, and says what it is about to do and has done.</summary>
internal static class StoreUntilKilled
{
    public const string Argument = "store-until-killed";
    public const int Keys = 12;
    private const int Capacity = 8;

    /// <summary>Objects of some megabytes, written in several parts: most of the child's time is spent within a write.</summary>
    public static ChunkGeometry Geometry { get; } = new(new KvLayout(8, 8, 64, KvDataType.F16, 32), 2);

    public static TestChunk Chunk(int key) => new(Geometry, key, blocks: 4 + (key % 3));

    public static DiskTierOptions Options(string root) => new()
    {
        Folder = Path.Combine(root, "store"),
        KeyFolder = Path.Combine(root, "keys"),
        Identity = CacheOnDisk.Identity(Geometry),
        CapacityBytes = Capacity * ObjectLayout.FileBytes(Geometry, 5 * Geometry.Layout.BlockRows),
        IndexInterval = TimeSpan.Zero,
    };

    public static void Run(string root, int seed)
    {
        using var tier = new DiskTier(Options(root), new ListPolicy());
        var random = new Random(seed);
        var chunks = Enumerable.Range(0, Keys).Select(Chunk).ToArray();
        while (true)
        {
            var key = random.Next(Keys);
            var chunk = chunks[key];
            if (random.Next(8) != 0)
                tier.Remove(chunk.Descriptor.Key);
            else if (random.Next(2) == 0)
                tier.Keep(chunk.Descriptor.Key, "me");
            else if (random.Next(2) == 0)
                tier.LetGo(chunk.Descriptor.Key);
            chunk.StoreIn(tier);
            Console.WriteLine(key);
        }
    }
}

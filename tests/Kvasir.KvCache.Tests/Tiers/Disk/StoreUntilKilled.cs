using Kvasir.KvCache.Tests.Support;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>What the child of the kill test does: stores, removes and writes indexes for ever, and says what it is about to do and has done.</summary>
internal static class StoreUntilKilled
{
    public const string Argument = "store-until-killed";
    public const int Keys = 40;
    private const int Capacity = 25;

    public static ChunkGeometry Geometry { get; } = new(TestLayouts.Quantised, 1);

    public static TestChunk Chunk(int key) => new(Geometry, key, blocks: 1 + (key % 3));

    public static DiskTierOptions Options(string root) => new()
    {
        Folder = Path.Combine(root, "store"),
        KeyFolder = Path.Combine(root, "keys"),
        Identity = CacheOnDisk.Identity(Geometry),
        CapacityBytes = Capacity * ObjectLayout.FileBytes(Geometry, 2 * Geometry.Layout.BlockRows),
        IndexInterval = TimeSpan.Zero,
    };

    public static void Run(string root, int seed)
    {
        using var tier = new DiskTier(Options(root), new ListPolicy());
        var random = new Random(seed);
        while (true)
        {
            var key = random.Next(Keys);
            using var chunk = Chunk(key);
            if (random.Next(4) == 0)
                tier.Remove(chunk.Descriptor.Key);
            else if (random.Next(10) == 0)
                tier.Keep(chunk.Descriptor.Key, "me");
            else if (random.Next(10) == 0)
                tier.LetGo(chunk.Descriptor.Key);
            chunk.StoreIn(tier);
            Console.WriteLine(key);
        }
    }
}

using Kvasir.KvCache.Tests.Support;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>A folder of its own for a test, with the options to open it.</summary>
internal sealed class CacheOnDisk : IDisposable
{
    public CacheOnDisk(ChunkGeometry? geometry = null)
    {
        Options = new DiskTierOptions
        {
            Folder = Path.Combine(Root, "store"),
            KeyFolder = Path.Combine(Root, "keys"),
            Identity = Identity(geometry),
            Clock = Time,
        };
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("kvasir-disk-").FullName;

    public ManualTime Time { get; } = new();

    public DiskTierOptions Options { get; set; }

    public ChunkGeometry Geometry => Options.Identity.Geometry;

    public string[] ObjectFiles => Directory.GetFiles(Path.Combine(Options.Folder, "objects"), "*", SearchOption.AllDirectories);

    public string IndexPath => Path.Combine(Options.Folder, "index");

    public static StoreIdentity Identity(ChunkGeometry? geometry = null, string model = "ab") =>
        new(string.Concat(Enumerable.Repeat(model, 32)), "cpu/1;kv=F32", geometry ?? new ChunkGeometry(TestLayouts.Small, 1));

    public DiskTier Open() => new(Options, new ListPolicy());

    public DiskTier Open(IDiskFiles files) => new(Options, new ListPolicy(), files);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

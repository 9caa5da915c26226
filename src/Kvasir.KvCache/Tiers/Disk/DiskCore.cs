namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>What the parts of a disk tier share.</summary>
/// <param name="Options">How it is set up.</param>
/// <param name="Files">The file system.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Books">Its books, guarded by <paramref name="Gate"/>.</param>
/// <param name="Gate">The lock. No file is read, written or deleted under it.</param>
/// <param name="Counters">What it has done.</param>
internal sealed record DiskCore(DiskTierOptions Options, IDiskFiles Files, StoreFolder Folder, DiskBooks Books, Lock Gate, DiskCounters Counters)
{
    public ChunkGeometry Geometry => Options.Identity.Geometry;
}

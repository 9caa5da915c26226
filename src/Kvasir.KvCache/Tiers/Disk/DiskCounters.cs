namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>What a disk tier has done since it was opened. Counted by any thread.</summary>
internal sealed class DiskCounters
{
    public long Stored;
    public long Refused;
    public long Damaged;
    public long Failures;
    public long ReadBytes;
    public long WrittenBytes;

    /// <summary>Adds to one of the counters.</summary>
    public void Add(ref long counter, long value) => Interlocked.Add(ref counter, value);

    /// <summary>Counts what came of a store.</summary>
    public void Count(StoreResult result, long bytes)
    {
        switch (result)
        {
            case StoreResult.Stored:
                Add(ref Stored, 1);
                Add(ref WrittenBytes, bytes);
                break;
            case StoreResult.NoRoom:
                Add(ref Refused, 1);
                break;
            case StoreResult.Failed:
                Add(ref Failures, 1);
                break;
        }
    }
}

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>What a disk tier does beside storing and reading: deletes the files of what has left, and writes the index.</summary>
internal sealed class DiskUpkeep(DiskCore core)
{
    private readonly Lock _saving = new();
    private long _savedAt = core.Options.Clock.GetTimestamp();

    /// <summary>Deletes the files of what has left the books. One that cannot be deleted takes room again and is tried again later.</summary>
    public void DeleteDoomed()
    {
        if (core.Options.ReadOnly)
            return;
        DiskEntry[] doomed;
        lock (core.Gate)
        {
            if (core.Books.Doomed.Count == 0)
                return;
            doomed = [.. core.Books.Doomed];
            core.Books.Doomed.Clear();
        }

        foreach (var entry in doomed)
        {
            try
            {
                core.Files.Delete(core.Folder.PathOf(entry, create: false));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                core.Counters.Add(ref core.Counters.Failures, 1);
                lock (core.Gate)
                    core.Books.NotDeleted(entry);
            }
        }
    }

    public void SaveIndexIfDue()
    {
        bool due;
        lock (core.Gate)
            due = core.Books.Dirty && core.Options.Clock.GetElapsedTime(_savedAt) >= core.Options.IndexInterval;
        if (due)
            SaveIndex();
    }

    /// <summary>Writes the index. When that fails nothing is lost: the next start finds the objects by looking.</summary>
    public void SaveIndex()
    {
        lock (_saving)
        {
            byte[] bytes;
            lock (core.Gate)
            {
                core.Books.Dirty = false;
                _savedAt = core.Options.Clock.GetTimestamp();
                bytes = IndexFile.Format(core.Books.Entries, core.Folder.Key);
            }

            try
            {
                WholeFile.Write(core.Folder.IndexPath, bytes);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                core.Counters.Add(ref core.Counters.Failures, 1);
                lock (core.Gate)
                    core.Books.Dirty = true;
            }
        }
    }
}

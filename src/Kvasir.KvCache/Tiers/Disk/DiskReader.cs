namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>Reads pinned objects, and knows what a failure means: for the caller, and for the object.</summary>
internal sealed unsafe class DiskReader(DiskCore core, DiskUpkeep upkeep)
{
    public ChunkDescriptor Describe(TierPin pin)
    {
        var entry = EntryOf(pin);
        try
        {
            var file = FileOf(entry, pin);
            var tokens = file.ReadTokens();
            core.Counters.Add(ref core.Counters.ReadBytes, tokens.Length * sizeof(int));
            return file.Header.Chunk with { Tokens = tokens };
        }
        catch (Exception exception) when (IsOfTheMedium(exception))
        {
            throw Translate(entry, exception);
        }
    }

    public void Read(TierPin pin, int group, int block, byte* destination)
    {
        var entry = EntryOf(pin);
        try
        {
            FileOf(entry, pin).ReadRecord(group, block, destination);
        }
        catch (Exception exception) when (IsOfTheMedium(exception))
        {
            throw Translate(entry, exception);
        }

        core.Counters.Add(ref core.Counters.ReadBytes, core.Geometry.RecordBytes(group));
    }

    private DiskEntry EntryOf(TierPin pin)
    {
        lock (core.Gate)
        {
            core.Books.EndOldPins();
            return core.Books.Pins.Find(pin)
                ?? throw new TierException(TierFault.Missing, $"the pin of {pin.Owner} on object {pin.Key} has ended");
        }
    }

    private ObjectFile FileOf(DiskEntry entry, TierPin pin)
    {
        ObjectFile file;
        lock (entry.FileGate)
        {
            if (entry.File is { } open)
                return open;
            file = ObjectFile.Open(core.Files, core.Folder.PathOf(entry, create: false), entry.Bytes, core.Geometry, core.Folder.Key);
            if (file.Header.Chunk.Key != entry.Key || file.Header.Chunk.Tenant != entry.Tenant)
            {
                file.Dispose();
                throw new TierException(TierFault.Damaged, $"the file of object {entry.Key} holds {file.Header.Chunk.Key} of {file.Header.Chunk.Tenant}");
            }

            entry.File = file;
        }

        lock (core.Gate)
        {
            // The pin may have ended meanwhile, and nobody else closes the file then.
            if (core.Books.Pins.Find(pin) is null)
                DiskBooks.CloseUnheld(entry);
        }

        return file;
    }

    /// <summary>Asked while the reader's locks are still held: it only looks.</summary>
    private static bool IsOfTheMedium(Exception exception) =>
        exception is TierException or InvalidDataException or IOException or UnauthorizedAccessException or ObjectDisposedException;

    /// <summary>What is damaged or gone is not offered again.</summary>
    private TierException Translate(DiskEntry entry, Exception exception)
    {
        var translated = exception switch
        {
            TierException known => known,
            InvalidDataException or EndOfStreamException => new TierException(TierFault.Damaged, exception.Message, exception),
            FileNotFoundException or DirectoryNotFoundException => new TierException(TierFault.Missing, $"object {entry.Key} is gone from {core.Folder.Path}", exception),
            ObjectDisposedException => new TierException(TierFault.Missing, $"object {entry.Key}: its pin ended while it was read", exception),
            _ => new TierException(TierFault.Unavailable, $"{core.Folder.Path}: {exception.Message}", exception),
        };
        if (translated.Fault == TierFault.Damaged)
            core.Counters.Add(ref core.Counters.Damaged, 1);
        else if (translated.Fault == TierFault.Unavailable)
            core.Counters.Add(ref core.Counters.Failures, 1);
        if (translated.Fault == TierFault.Damaged || exception is FileNotFoundException or DirectoryNotFoundException)
        {
            lock (core.Gate)
                core.Books.Hide(entry);
            upkeep.DeleteDoomed();
        }

        return translated;
    }
}

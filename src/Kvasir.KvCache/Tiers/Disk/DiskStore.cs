using System.Security.Cryptography;
using System.Text;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>Stores chunks: claims room, writes, and makes more room when the medium is smaller than the limit.</summary>
internal sealed class DiskStore(DiskCore core, DiskUpkeep upkeep)
{
    private const int Tries = 4;
    private readonly ObjectWriter _writer = new(core.Files, core.Geometry, core.Folder.Key, core.Options.Durable);

    public StoreResult Store(ChunkDescriptor chunk, IChunkSource source)
    {
        Check(chunk);
        var bytes = ObjectLayout.FileBytes(core.Geometry, chunk.Tokens.Length);
        bool? begun;
        lock (core.Gate)
            begun = core.Books.TryBegin(chunk, bytes);
        upkeep.DeleteDoomed();
        if (begun is null)
            return StoreResult.Present;
        var result = begun == true ? Write(chunk, source, bytes) : StoreResult.NoRoom;
        core.Counters.Count(result, bytes);
        upkeep.SaveIndexIfDue();
        return result;
    }

    /// <summary>Deletes what failed stores have left.</summary>
    public void DeleteLeft() => _writer.DeleteLeft();

    private StoreResult Write(ChunkDescriptor chunk, IChunkSource source, long bytes)
    {
        DiskEntry? entry = null;
        try
        {
            for (var attempt = 0; attempt < Tries; attempt++)
            {
                try
                {
                    entry = WriteOnce(chunk, source, bytes);
                    return StoreResult.Stored;
                }
                catch (IOException exception) when (FullDisk.IsCauseOf(exception))
                {
                    if (!Evict(bytes))
                        return StoreResult.NoRoom;
                }
            }

            return StoreResult.NoRoom;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return StoreResult.Failed;
        }
        finally
        {
            lock (core.Gate)
                core.Books.End(chunk, bytes, entry);
        }
    }

    private bool Evict(long bytes)
    {
        bool freed;
        lock (core.Gate)
            freed = core.Books.Evict(bytes);
        upkeep.DeleteDoomed();
        return freed;
    }

    private DiskEntry WriteOnce(ChunkDescriptor chunk, IChunkSource source, long bytes)
    {
        var salt = RandomNumberGenerator.GetBytes(ObjectHeader.SaltBytes);

        // Whole milliseconds, as the header has them.
        var now = DateTimeOffset.FromUnixTimeMilliseconds(core.Books.Now.ToUnixTimeMilliseconds());
        var entry = new DiskEntry
        {
            Key = chunk.Key,
            Parent = chunk.Parent,
            Generation = BitConverter.ToUInt32(salt),
            Tenant = chunk.Tenant,
            FirstToken = chunk.FirstToken,
            Tokens = chunk.Tokens.Length,
            PromptTokens = chunk.PromptTokens,
            Bytes = bytes,
            Created = now,
            LastUse = now,
        };
        var header = new ObjectHeader { Chunk = chunk, Salt = salt, Created = now, Tokens = chunk.Tokens.Length };
        var path = core.Folder.PathOf(entry, create: true);
        _writer.Write(path, path + WholeFile.TemporaryExtension, header, source);
        return entry;
    }

    private void Check(ChunkDescriptor chunk)
    {
        var tokens = chunk.Tokens.Length;
        var rows = core.Geometry.Layout.BlockRows;
        if (tokens == 0 || tokens > StoreIdentity.MaxChunkTokens || tokens % rows != 0)
            throw new ArgumentException($"a chunk of {tokens} tokens cannot be stored: whole blocks of {rows}, at most {StoreIdentity.MaxChunkTokens} tokens", nameof(chunk));
        if (chunk.FirstToken < 0 || chunk.PromptTokens < 0)
            throw new ArgumentException($"a chunk begins at {chunk.FirstToken} of {chunk.PromptTokens} tokens", nameof(chunk));
        if (Encoding.UTF8.GetByteCount(chunk.Tenant) > ObjectHeader.MaxTenantBytes)
            throw new ArgumentException($"the tenant's label is longer than {ObjectHeader.MaxTenantBytes} bytes", nameof(chunk));
    }
}

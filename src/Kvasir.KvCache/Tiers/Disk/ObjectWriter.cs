using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>Writes an object file: under a temporary name first, so that the real one names whole files only.</summary>
internal sealed unsafe class ObjectWriter(IDiskFiles files, ChunkGeometry geometry, MasterKey master, bool durable)
{
    private const int BufferBytes = 1 << 20;
    private readonly ConcurrentQueue<string> _left = new();

    /// <summary>Deletes temporary files that could not be deleted when their store failed.</summary>
    public void DeleteLeft()
    {
        for (var count = _left.Count; count > 0 && _left.TryDequeue(out var path); count--)
            TryDelete(path);
    }

    /// <summary>Writes an object.</summary>
    /// <param name="path">Its name, in a folder that exists.</param>
    /// <param name="temporary">The temporary name, in the same folder.</param>
    /// <param name="header">What it is.</param>
    /// <param name="source">Its rows.</param>
    /// <exception cref="IOException">The medium fails or is full. Nothing has the real name then.</exception>
    public void Write(string path, string temporary, ObjectHeader header, IChunkSource source)
    {
        try
        {
            using (var file = files.Create(temporary))
            {
                WriteAll(new Output(files, file), header, source);
                if (durable)
                    files.Flush(file);
            }

            files.Move(temporary, path);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    private void WriteAll(Output output, ObjectHeader header, IChunkSource source)
    {
        var blocks = header.Tokens / geometry.Layout.BlockRows;
        Span<byte> headerBytes = stackalloc byte[ObjectHeader.Size];
        header.Write(headerBytes, geometry, master);
        Span<byte> key = stackalloc byte[MasterKey.Size];
        master.ObjectKey(header.Salt.Span, key);
        using var cipher = new AesGcm(key, ObjectLayout.TagBytes);
        var tokenBytes = header.Tokens * sizeof(int);
        var largest = Math.Max(tokenBytes, geometry.RecordBytes(0)) + ObjectLayout.TagBytes;
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(BufferBytes, largest + ObjectHeader.Size));
        try
        {
            output.Buffer = buffer;
            headerBytes.CopyTo(output.Room(ObjectHeader.Size));
            var tokens = new byte[tokenBytes];
            for (var i = 0; i < header.Tokens; i++)
                BinaryPrimitives.WriteInt32LittleEndian(tokens.AsSpan(i * sizeof(int)), header.Chunk.Tokens.Span[i]);
            Seal(output, cipher, 0, tokens, headerBytes);
            for (var group = 0; group < geometry.Groups; group++)
            {
                for (var block = 0; block < blocks; block++)
                {
                    var record = new ReadOnlySpan<byte>(source.Record(group, block), geometry.RecordBytes(group));
                    Seal(output, cipher, 1 + (group * blocks) + block, record, headerBytes);
                }
            }

            output.Flush();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Seal(Output output, AesGcm cipher, int number, ReadOnlySpan<byte> record, ReadOnlySpan<byte> header)
    {
        Span<byte> nonce = stackalloc byte[ObjectLayout.NonceBytes];
        ObjectLayout.Nonce(number, nonce);
        var room = output.Room(record.Length + ObjectLayout.TagBytes);
        cipher.Encrypt(nonce, record, room[..record.Length], room[record.Length..], header);
    }

    private void TryDelete(string path)
    {
        try
        {
            files.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Tried again in an idle moment, or when the folder is next opened; the first failure is the one to tell.
            _left.Enqueue(path);
        }
    }

    /// <summary>Gathers small records to large writes.</summary>
    private sealed class Output(IDiskFiles files, Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        private long _offset;
        private int _filled;

        public byte[] Buffer { get; set; } = [];

        public Span<byte> Room(int bytes)
        {
            if (_filled + bytes > Buffer.Length)
                Flush();
            var room = Buffer.AsSpan(_filled, bytes);
            _filled += bytes;
            return room;
        }

        public void Flush()
        {
            files.Write(file, Buffer.AsSpan(0, _filled), _offset);
            _offset += _filled;
            _filled = 0;
        }
    }
}

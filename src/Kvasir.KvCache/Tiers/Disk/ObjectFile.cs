using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
namespace Kvasir.KvCache.Tiers.Disk;

/// <summary>An object file that is open, so that it stays readable when its name goes. Any thread may read.</summary>
internal sealed unsafe class ObjectFile : IDisposable
{
    private readonly IDiskFiles _files;
    private readonly SafeFileHandle _handle;
    private readonly ChunkGeometry _geometry;
    private readonly byte[] _headerBytes;
    private readonly byte[] _key = new byte[MasterKey.Size];
    private readonly ConcurrentBag<AesGcm> _ciphers = [];
    private volatile bool _disposed;

    private ObjectFile(IDiskFiles files, SafeFileHandle handle, ChunkGeometry geometry, byte[] headerBytes, ObjectHeader header)
    {
        _files = files;
        _handle = handle;
        _geometry = geometry;
        _headerBytes = headerBytes;
        Header = header;
    }

    /// <summary>What it says of itself; checked.</summary>
    public ObjectHeader Header { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="path">The file.</param>
    /// <param name="bytes">Its size, which it must have.</param>
    /// <param name="geometry">The tier's geometry, which it must have been written for.</param>
    /// <param name="master">The cache's key.</param>
    /// <exception cref="TierException">It is damaged.</exception>
    /// <exception cref="IOException">The medium fails.</exception>
    public static ObjectFile Open(IDiskFiles files, string path, long bytes, ChunkGeometry geometry, MasterKey master)
    {
        var handle = files.OpenRead(path, bytes);
        try
        {
            var headerBytes = new byte[ObjectHeader.Size];
            files.Read(handle, headerBytes, 0);
            var header = ObjectHeader.Read(headerBytes, geometry, master);
            if (ObjectLayout.FileBytes(geometry, header.Tokens) != bytes)
                throw new TierException(TierFault.Damaged, $"{path} has {bytes} bytes and should have {ObjectLayout.FileBytes(geometry, header.Tokens)}");
            var file = new ObjectFile(files, handle, geometry, headerBytes, header);
            master.ObjectKey(header.Salt.Span, file._key);
            return file;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads the tokens.</summary>
    public int[] ReadTokens()
    {
        var tokens = new int[Header.Tokens];
        ReadSealed(0, ObjectHeader.Size, MemoryMarshal.AsBytes(tokens.AsSpan()));
        if (!BitConverter.IsLittleEndian)
            System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(tokens, tokens);
        return tokens;
    }

    /// <summary>Reads a record of KV to where it belongs.</summary>
    public void ReadRecord(int group, int block, byte* destination)
    {
        var blocks = Header.Tokens / _geometry.Layout.BlockRows;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)group, (uint)_geometry.Groups, nameof(group));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)block, (uint)blocks, nameof(block));
        ReadSealed(
            1 + (group * blocks) + block,
            ObjectLayout.RecordOffset(_geometry, Header.Tokens, group, block),
            new Span<byte>(destination, _geometry.RecordBytes(group)));
    }

    public void Dispose()
    {
        _disposed = true;
        _handle.Dispose();
        while (_ciphers.TryTake(out var cipher))
            cipher.Dispose();
    }

    /// <summary>
    /// The sealed bytes are read to where the plain ones belong and opened in place: nothing is copied twice, and what was not
    /// authenticated is cleared.
    /// </summary>
    private void ReadSealed(int number, long offset, Span<byte> destination)
    {
        Span<byte> tag = stackalloc byte[ObjectLayout.TagBytes];
        Span<byte> nonce = stackalloc byte[ObjectLayout.NonceBytes];
        ObjectLayout.Nonce(number, nonce);
        _files.Read(_handle, destination, offset);
        _files.Read(_handle, tag, offset + destination.Length);
        var cipher = Rent();
        try
        {
            cipher.Decrypt(nonce, destination, tag, destination, _headerBytes);
        }
        catch (AuthenticationTagMismatchException exception)
        {
            throw new TierException(TierFault.Damaged, $"record {number} of object {Header.Chunk.Key} is not what was stored", exception);
        }
        finally
        {
            Return(cipher);
        }
    }

    /// <summary>A cipher serves one thread at a time.</summary>
    private AesGcm Rent()
    {
        if (_ciphers.TryTake(out var cipher))
            return cipher;
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new AesGcm(_key, ObjectLayout.TagBytes);
    }

    private void Return(AesGcm cipher)
    {
        _ciphers.Add(cipher);
        if (!_disposed)
            return;
        while (_ciphers.TryTake(out var left))
            left.Dispose();
    }
}

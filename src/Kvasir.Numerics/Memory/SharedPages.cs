using System.Runtime.InteropServices;

namespace Kvasir.Numerics.Memory;

/// <summary>
/// Memory without an address of its own (Linux' <c>memfd</c>): its pages are put under any number of addresses with
/// <see cref="PageMaps.MapPages"/>. A page takes memory from its first touch on.
/// </summary>
public sealed partial class SharedPages : IDisposable
{
    private const uint CloseOnExec = 1;
    private const int KeepSize = 1;
    private const int PunchHole = 2;

    private int _handle;

    /// <summary>Makes <paramref name="bytes"/> bytes of pages.</summary>
    /// <exception cref="PlatformNotSupportedException">Not on Linux.</exception>
    /// <exception cref="OutOfMemoryException">The system refused.</exception>
    public SharedPages(long bytes)
    {
        if (!PageMaps.AreSupported)
            throw new PlatformNotSupportedException("shared pages exist on Linux only");
        Length = bytes;
        _handle = Create("kvasir-kv", CloseOnExec);
        if (_handle >= 0 && Truncate(_handle, bytes) == 0)
            return;
        var error = Marshal.GetLastPInvokeError();
        Dispose();
        throw new OutOfMemoryException($"the system did not make {bytes} bytes of shared pages (error {error})");
    }

    /// <summary>Closes the pages of an object that was not disposed.</summary>
    ~SharedPages() => Free();

    /// <summary>Bytes.</summary>
    public long Length { get; }

    internal int Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle < 0, this);
            return _handle;
        }
    }

    /// <summary>Gives the memory of a range back, wherever it is mapped; touched again it is zeroed.</summary>
    public void Discard(long offset, long bytes)
    {
        if (Allocate(Handle, PunchHole | KeepSize, offset, bytes) != 0)
            throw new InvalidOperationException($"the system did not take back {bytes} bytes of shared pages (error {Marshal.GetLastPInvokeError()})");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_handle >= 0)
            _ = Close(_handle);
        _handle = -1;
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Create(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int Truncate(int file, long length);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(int file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);
}

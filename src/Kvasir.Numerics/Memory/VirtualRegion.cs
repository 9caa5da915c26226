using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Kvasir.Numerics.Memory;

/// <summary>
/// A range of addresses, reserved at once and given memory piece by piece: what lies in it is contiguous however late it is committed.
/// </summary>
public sealed unsafe partial class VirtualRegion : IDisposable
{
    private const int ProtNone = 0;
    private const int ProtReadWrite = 3;
    private const int ProtReadExecute = 5;
    private const int MapPrivate = 2;
    private const int MapFixed = 0x10;
    private const uint MemCommit = 0x1000;
    private const uint MemReserve = 0x2000;
    private const uint MemDecommit = 0x4000;
    private const uint MemRelease = 0x8000;
    private const uint PageNoAccess = 0x01;
    private const uint PageReadWrite = 0x04;

    private readonly nuint _page = (nuint)Environment.SystemPageSize;
    private byte* _pointer;

    /// <summary>Reserves addresses for <paramref name="bytes"/> bytes; no memory is used yet.</summary>
    /// <exception cref="OutOfMemoryException">The system has no such range.</exception>
    public VirtualRegion(nuint bytes)
    {
        ArgumentOutOfRangeException.ThrowIfZero(bytes);
        Length = (bytes + _page - 1) / _page * _page;
        if (OperatingSystem.IsWindows())
        {
            _pointer = (byte*)VirtualAlloc(null, Length, MemReserve, PageNoAccess);
        }
        else
        {
            var address = Map(null, Length, ProtNone, MapPrivate | MapAnonymous, -1, 0);
            _pointer = address == (void*)-1 ? null : (byte*)address;
        }

        if (_pointer == null)
            throw new OutOfMemoryException($"the system did not reserve {Length} bytes of address space");
    }

    /// <summary>Frees the range of a region that was not disposed.</summary>
    ~VirtualRegion() => Free();

    /// <summary>First byte.</summary>
    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer == null, this);
            return _pointer;
        }
    }

    /// <summary>Bytes, whole pages.</summary>
    public nuint Length { get; }

    /// <summary>Gives a range memory, zeroed when it had none; widened to pages. A range may be committed again.</summary>
    /// <exception cref="OutOfMemoryException">The system has no memory left.</exception>
    public void Commit(nuint offset, nuint length)
    {
        var (start, bytes) = Pages(offset, length, widen: true);
        var done = OperatingSystem.IsWindows()
            ? VirtualAlloc((void*)start, bytes, MemCommit, PageReadWrite) != null
            : Protect((void*)start, bytes, ProtReadWrite) == 0;
        if (!done)
            throw new OutOfMemoryException($"the system did not give {bytes} bytes of memory");
    }

    /// <summary>Takes the memory of the whole pages inside a range; committed again they are zeroed.</summary>
    public void Decommit(nuint offset, nuint length)
    {
        var (start, bytes) = Pages(offset, length, widen: false);
        if (bytes == 0)
            return;
        // A fresh mapping over the old one gives the pages back, on every Unix, and with them what the system promised for them.
        var done = OperatingSystem.IsWindows()
            ? VirtualFree((void*)start, bytes, MemDecommit) != 0
            : Map((void*)start, bytes, ProtNone, MapPrivate | MapAnonymous | MapFixed, -1, 0) != (void*)-1;
        if (!done)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>
    /// A region of machine code, executable and no longer writable. Null where the system forbids that, and on Windows, for whose calling
    /// convention no code is written.
    /// </summary>
    internal static VirtualRegion? TryCreateCode(ReadOnlySpan<byte> code)
    {
        if (OperatingSystem.IsWindows())
            return null;
        var region = new VirtualRegion((nuint)code.Length);
        region.Commit(0, region.Length);
        code.CopyTo(new Span<byte>(region.Pointer, code.Length));
        if (Protect(region.Pointer, region.Length, ProtReadExecute) == 0)
            return region;
        region.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static int MapAnonymous => OperatingSystem.IsMacOS() ? 0x1000 : 0x20;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(void* address, nuint length);

    [LibraryImport("kernel32", EntryPoint = "VirtualAlloc", SetLastError = true)]
    private static partial void* VirtualAlloc(void* address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32", EntryPoint = "VirtualFree", SetLastError = true)]
    private static partial int VirtualFree(void* address, nuint size, uint type);

    private (nint Start, nuint Bytes) Pages(nuint offset, nuint length, bool widen)
    {
        if (offset > Length || length > Length - offset)
            throw new ArgumentOutOfRangeException(nameof(length), length, $"offset {offset} and length reach beyond the region's {Length} bytes");
        var round = _page - 1;
        var first = widen ? offset / _page * _page : (offset + round) / _page * _page;
        var end = widen ? (offset + length + round) / _page * _page : (offset + length) / _page * _page;
        return ((nint)(Pointer + first), end > first ? end - first : 0);
    }

    private void Free()
    {
        if (_pointer == null)
            return;
        if (OperatingSystem.IsWindows())
            VirtualFree(_pointer, 0, MemRelease);
        else
            Unmap(_pointer, Length);
        _pointer = null;
    }
}

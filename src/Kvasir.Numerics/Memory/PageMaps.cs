using System.Runtime.InteropServices;

namespace Kvasir.Numerics.Memory;

/// <summary>
/// Linux' calls that put pages under addresses: ranges are reserved, get memory of their own or pages of a <see cref="SharedPages"/>, and
/// give it back. Lengths and addresses are whole pages. Thread-safe, as the system is.
/// </summary>
public static unsafe partial class PageMaps
{
    private const int ProtNone = 0;
    private const int ProtRead = 1;
    private const int ProtReadWrite = 3;
    private const int MapShared = 1;
    private const int MapPrivate = 2;
    private const int MapFixed = 0x10;
    private const int MapAnonymous = 0x20;
    private const int MapNoReserve = 0x4000;
    private const int AdviseDontNeed = 4;
    private const int AdvisePopulateRead = 22;
    private const int AdvisePopulateWrite = 23;

    /// <summary>Mappings that a process may have when the system does not say.</summary>
    private const int UsualMaxMappings = 65_530;

    /// <summary>True where these calls exist.</summary>
    public static bool AreSupported => OperatingSystem.IsLinux();

    /// <summary>Mappings that the system allows a process (<c>vm.max_map_count</c>).</summary>
    public static int MaxMappings
    {
        get
        {
            const string Setting = "/proc/sys/vm/max_map_count";
            return File.Exists(Setting) && int.TryParse(File.ReadAllText(Setting), out var most) ? most : UsualMaxMappings;
        }
    }

    /// <summary>Reserves addresses; no memory is used or promised.</summary>
    /// <exception cref="OutOfMemoryException">The system has no such range.</exception>
    public static byte* Reserve(nuint bytes)
    {
        var address = Map(null, bytes, ProtNone, MapPrivate | MapAnonymous | MapNoReserve, -1, 0);
        return address == (void*)-1
            ? throw new OutOfMemoryException($"the system did not reserve {bytes} bytes of address space (error {Marshal.GetLastPInvokeError()})")
            : (byte*)address;
    }

    /// <summary>Frees a range that was reserved, whatever lies in it.</summary>
    public static void Release(byte* address, nuint bytes) => Unmap(address, bytes);

    /// <summary>Lets reserved addresses be used: zeroed memory of their own, which comes when it is touched.</summary>
    /// <exception cref="OutOfMemoryException">The system has no memory or no mapping left.</exception>
    public static void Commit(byte* address, nuint bytes) =>
        Require(Protect(address, bytes, ProtReadWrite) == 0, "give", bytes);

    /// <summary>Takes the memory of a range that was committed; the addresses stay reserved.</summary>
    public static void Decommit(byte* address, nuint bytes)
    {
        Require(Advise(address, bytes, AdviseDontNeed) == 0, "take back", bytes);
        Require(Protect(address, bytes, ProtNone) == 0, "take back", bytes);
    }

    /// <summary>Puts pages of shared memory under addresses.</summary>
    /// <exception cref="OutOfMemoryException">The system has no mapping left.</exception>
    public static void MapPages(byte* address, nuint bytes, SharedPages pages, long offset, bool writable) =>
        Require(
            Map(address, bytes, writable ? ProtReadWrite : ProtRead, MapShared | MapFixed, pages.Handle, (nint)offset) != (void*)-1, "map", bytes);

    /// <summary>Takes whatever lies under addresses away; they stay reserved.</summary>
    public static void Cover(byte* address, nuint bytes) =>
        Require(
            Map(address, bytes, ProtNone, MapPrivate | MapAnonymous | MapNoReserve | MapFixed, -1, 0) != (void*)-1, "unmap", bytes);

    /// <summary>
    /// Brings the pages of a range in, so that the first touch need not. A wish only: systems before Linux 5.14 do not know it.
    /// </summary>
    public static void Populate(byte* address, nuint bytes, bool writable) =>
        _ = Advise(address, bytes, writable ? AdvisePopulateWrite : AdvisePopulateRead);

    private static void Require(bool done, string what, nuint bytes)
    {
        if (!done)
            throw new OutOfMemoryException($"the system did not {what} {bytes} bytes of memory (error {Marshal.GetLastPInvokeError()})");
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int Advise(void* address, nuint length, int advice);
}

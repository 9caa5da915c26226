using System.Runtime.InteropServices;

namespace Kvasir.Numerics.Memory;

/// <summary>
/// Asks Linux for 2 MiB pages: weights are read once a token from end to end, and with 4 KiB pages address translation takes a good part
/// of the memory's bandwidth. A wish only: where the system has none, everything works as before.
/// </summary>
internal static unsafe partial class HugePages
{
    /// <summary>Bytes of a page.</summary>
    public const nuint Bytes = 2 << 20;

    private const int AdviseHugePage = 14;

    /// <summary>True when a buffer of that many bytes should have them.</summary>
    public static bool AreWorthIt(nuint length) => OperatingSystem.IsLinux() && length >= 2 * Bytes;

    /// <summary>
    /// Memory for a buffer, zeroed, on a page's border. Nothing is touched here: whoever fills it, on all processors maybe, brings the pages in.
    /// </summary>
    /// <returns>The region that owns it and the first byte.</returns>
    public static (VirtualRegion Region, nint Address) Allocate(nuint length)
    {
        var region = new VirtualRegion(length + Bytes);
        var start = ((nuint)region.Pointer + Bytes - 1) / Bytes * Bytes;
        region.Commit(start - (nuint)region.Pointer, length);
        _ = MemoryAdvise((void*)start, length, AdviseHugePage);
        return (region, (nint)start);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* address, nuint length, int advice);
}

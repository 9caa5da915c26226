using System.Runtime.InteropServices;

namespace Kvasir.Numerics.Memory;

/// <summary>
/// Asks Linux for 2 MiB pages: weights are read once a token from end to end, and with 4 KiB pages address translation takes a good part
/// of the memory's bandwidth. A wish only: where the system has none, everything works as before.
/// </summary>
internal static unsafe partial class HugePages
{
    /// <summary>Bytes of a page, and the alignment that <see cref="Advise"/> needs.</summary>
    public const nuint Bytes = 2 << 20;

    private const int AdviseHugePage = 14;

    /// <summary>True when a buffer of that many bytes should ask.</summary>
    public static bool AreWorthIt(nuint length) => OperatingSystem.IsLinux() && length >= 2 * Bytes;

    /// <summary>Asks for memory that has not been touched yet.</summary>
    public static void Advise(void* address, nuint length) => _ = MemoryAdvise(address, length, AdviseHugePage);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* address, nuint length, int advice);
}

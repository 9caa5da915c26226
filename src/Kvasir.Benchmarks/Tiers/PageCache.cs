using System.Runtime.InteropServices;

namespace Kvasir.Benchmarks.Tiers;

/// <summary>Makes the system forget what it keeps of files, so that the next read comes from the medium. Linux only; elsewhere nothing happens.</summary>
internal static partial class PageCache
{
    private const int DontNeed = 4;

    public static void Drop(IEnumerable<string> files)
    {
        foreach (var path in files)
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            RandomAccess.FlushToDisk(file);
            if (OperatingSystem.IsLinux())
                _ = Advise((int)file.DangerousGetHandle(), 0, 0, DontNeed);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(int file, long offset, long length, int advice);
}

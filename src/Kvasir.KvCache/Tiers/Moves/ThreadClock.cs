using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Kvasir.KvCache.Tiers.Moves;

/// <summary>The processor time of the calling thread: waiting for a medium is no load on the machine.</summary>
internal static partial class ThreadClock
{
    private const int ThreadCpuTime = 3;

    /// <summary>Seconds, from any fixed moment; the time that passes where the system does not tell.</summary>
    public static double Seconds => OperatingSystem.IsLinux() && GetTime(ThreadCpuTime, out var time) == 0
        ? time.Seconds + (time.Nanoseconds / 1e9)
        : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}

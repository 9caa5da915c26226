using System.Runtime.InteropServices;
using Kvasir.Numerics;

namespace Kvasir.Benchmarks.Peers;

/// <summary>The machine that something was measured on.</summary>
/// <param name="Processor">Its processor's name.</param>
/// <param name="Threads">Processors that this process may use.</param>
/// <param name="InstructionSet">The kernels' path.</param>
/// <param name="MemoryBytes">Memory that this process may use.</param>
/// <param name="System">The operating system.</param>
/// <param name="Runtime">The runtime.</param>
public sealed record MachineDescription(string Processor, int Threads, string InstructionSet, long MemoryBytes, string System, string Runtime)
{
    /// <summary>This machine.</summary>
    public static MachineDescription Of(string root = "/") => new(
        ProcessorName(root),
        Environment.ProcessorCount,
        InstructionSets.Best.ToString(),
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    private static string ProcessorName(string root)
    {
        try
        {
            const string Field = "model name";
            return File.ReadLines(Path.Combine(root, "proc/cpuinfo")).FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal))
                is { } line ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() : RuntimeInformation.ProcessArchitecture.ToString();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return RuntimeInformation.ProcessArchitecture.ToString();
        }
    }
}

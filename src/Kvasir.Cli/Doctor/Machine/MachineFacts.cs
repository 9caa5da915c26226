using System.Runtime.InteropServices;
using Kvasir.Numerics;

namespace Kvasir.Cli.Doctor.Machine;

/// <summary>What is known of the machine; tests put other facts in.</summary>
internal sealed record MachineFacts
{
    /// <summary>The system's files: <c>/proc</c>, <c>/sys</c>, <c>/dev</c>.</summary>
    public SystemFiles Files { get; init; } = new("/");

    public string System { get; init; } = RuntimeInformation.OSDescription;

    public string Runtime { get; init; } = $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}";

    public bool Is64Bit { get; init; } = Environment.Is64BitProcess;

    /// <summary>Processors that the runtime uses: the machine's, or fewer where a quota or an affinity says so.</summary>
    public int Processors { get; init; } = Environment.ProcessorCount;

    /// <summary>Paths of the kernels that this program can take here, slowest first.</summary>
    public IReadOnlyList<InstructionSet> InstructionSets { get; init; } = Numerics.InstructionSets.Supported;

    /// <summary>Memory that the runtime may use, bytes: the machine's or the container's.</summary>
    public long MemoryBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether a native library can be loaded.</summary>
    public Func<string, bool> CanLoad { get; init; } = CanLoadLibrary;

    /// <summary>Bytes free for this user where a folder lies.</summary>
    public Func<string, long> FreeBytes { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;

    private static bool CanLoadLibrary(string name)
    {
        if (!NativeLibrary.TryLoad(name, out var handle))
            return false;
        NativeLibrary.Free(handle);
        return true;
    }
}
